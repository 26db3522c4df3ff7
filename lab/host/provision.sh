#!/bin/sh
# Turns a fresh Debian tree into a lab host. Runs inside that tree, as root, at image build time.
set -eu

release=$(ls /usr/lib/modules)

# Units that only cost time on a machine that lives for minutes.
cd /etc/systemd/system
for unit in \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
    systemd-tmpfiles-clean.timer e2scrub_reap.service systemd-pstore.service systemd-binfmt.service \
    proc-sys-fs-binfmt_misc.automount systemd-firstboot.service systemd-machine-id-commit.service \
    systemd-repart.service systemd-random-seed.service systemd-update-utmp.service \
    systemd-update-utmp-runlevel.service systemd-logind.service systemd-user-sessions.service \
    systemd-ask-password-wall.path systemd-ask-password-console.path systemd-sysusers.service \
    systemd-udev-trigger.service systemd-remount-fs.service systemd-journal-flush.service \
    systemd-pcrphase.service systemd-pcrphase-sysinit.service systemd-journald-audit.socket \
    dev-hugepages.mount dev-mqueue.mount sys-fs-fuse-connections.mount sys-kernel-tracing.mount \
    systemd-initctl.socket systemd-timesyncd.service systemd-networkd.service \
    getty.target getty-static.service getty@tty1.service serial-getty@hvc0.service hwclock.service \
    xen.service xendomains.service drbd.service; do
    ln -sf /dev/null "$unit"
done
mkdir -p multi-user.target.wants sysinit.target.wants
ln -sf ../lab-network.service sysinit.target.wants/
ln -sf ../lab-xen.service multi-user.target.wants/
ln -sf /lib/systemd/system/multi-user.target default.target

# Identity: the kernel command line gives each host its name and machine id.
: >/etc/machine-id
: >/etc/fstab
echo localhost >/etc/hostname
cat >/etc/hosts <<EOF
127.0.0.1 localhost
10.77.0.1 xen1
10.77.0.2 xen2
10.78.0.1 xen1-repl
10.78.0.2 xen2-repl
10.77.0.100 client
EOF
mkdir -p /var/lib/replicactl-lab

# One host key, and the lab's key pair: from the lab to the hosts, and from host to host.
rm -f /etc/ssh/ssh_host_*
mv /keys/host /etc/ssh/ssh_host_ed25519_key
mv /keys/host.pub /etc/ssh/ssh_host_ed25519_key.pub
mkdir -p -m 700 /root/.ssh
cp /keys/lab /root/.ssh/id_ed25519
cp /keys/lab.pub /root/.ssh/authorized_keys
for name in xen1 xen2 xen1-repl xen2-repl 10.77.0.1 10.77.0.2 10.78.0.1 10.78.0.2; do
    echo "$name $(cut -d' ' -f1-2 /etc/ssh/ssh_host_ed25519_key.pub)"
done >/root/.ssh/known_hosts
chmod 600 /etc/ssh/ssh_host_ed25519_key /root/.ssh/*
rm -r /keys

# An initial RAM disk that loads the disk's driver and changes root: no udev, no scripts.
ram=/tmp/initramfs
mkdir -p $ram/bin $ram/dev $ram/proc $ram/sys $ram/root $ram/modules
cp /bin/busybox $ram/bin/busybox
for applet in sh mount insmod switch_root sleep; do
    ln -s busybox $ram/bin/$applet
done
{
    echo '#!/bin/sh'
    echo 'mount -t devtmpfs dev /dev'
    number=0
    for module in virtio_pci virtio_blk virtio_net virtio_console ext4; do
        modprobe --set-version "$release" --show-depends $module
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
        number=$((number + 1))
        cp "$path" $ram/modules/$number.ko
        echo "insmod /modules/$number.ko"
    done
    echo 'while [ ! -b /dev/vda ]; do sleep 0.1; done'
    echo 'mount -t ext4 -o noatime /dev/vda /root'
    echo 'mount --move /dev /root/dev'
    echo 'exec switch_root /root /lib/systemd/systemd'
} >$ram/init
chmod +x $ram/init
(cd $ram && find . | cpio --quiet -o -H newc) >/boot/lab-initrd.img
cp /boot/vmlinuz-"$release" /boot/lab-vmlinuz
gunzip -c /boot/xen-4.17-amd64.gz >/boot/lab-xen

# Less to copy and to read.
cd /usr/lib/modules/"$release"/kernel
rm -rf sound drivers/gpu drivers/media drivers/net/ethernet drivers/net/wireless drivers/infiniband \
    drivers/iio drivers/staging drivers/scsi drivers/usb drivers/hwmon drivers/input/touchscreen \
    drivers/isdn drivers/ata drivers/bluetooth drivers/mmc drivers/mtd drivers/platform \
    fs/ocfs2 fs/btrfs fs/xfs fs/nfsd fs/ceph net/wireless net/mac80211 net/bluetooth net/batman-adv
depmod "$release"
rm -rf /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info /usr/share/icons \
    /var/cache/apt/archives /var/lib/apt/lists /boot/initrd.img-* /boot/*.efi /boot/xen-*.gz \
    /initrd.img* /vmlinuz* /tmp/initramfs

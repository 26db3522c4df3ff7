import Foundation

extension Lab {
    private static let suite = "bookworm"
    /// Images that are kept, so that changing between branches does not build each time.
    private static let keptImages = 3

    /// The image that the run folder's disks belong to.
    func runningImage() throws(LabError) -> HostImage {
        image(key: try Files.read(layout.imageKeyFile))
    }

    /// The image for the sources as they are now; builds it unless it is in the cache.
    func prepareImage() throws(LabError) -> HostImage {
        let image = image(key: try imageKey())
        if !Files.exists(image.directory) { try build(image) }
        return image
    }

    /// Hashes everything that the image is built from.
    func imageKey() throws(LabError) -> String {
        try makeKeys()
        let inputs = "\(layout.cache)/inputs-\(getpid()).tar"
        defer { unlink(inputs) }
        try Command([
            "tar", "--create", "--file", inputs, "--sort=name", "--mtime=@0", "--owner=0", "--group=0",
            "--mode=go=rX,u+rw", "--directory", layout.source, "host", "--directory", layout.cache, "keys",
        ]).run()
        let sum = try Command(["sha256sum"], input: .file(inputs)).run()
        return String(sum.output.prefix(16))
    }

    private func makeKeys() throws(LabError) {
        guard !Files.exists(layout.keys) else { return }
        let work = "\(layout.cache)/keys-new"
        try Files.remove(work)
        try Files.makeDirectory(work)
        for name in ["lab", "host"] {
            try Command([
                "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "replicactl-lab", "-f", "\(work)/\(name)",
            ])
            .run()
        }
        let hostKey = try Files.read("\(work)/host.pub").split(separator: " ").prefix(2).joined(separator: " ")
        let names = HostName.allCases.map { $0.address(on: .management) }.joined(separator: ",")
        try Files.write("\(names) \(hostKey)\n", to: "\(work)/known_hosts")
        try Files.move(work, to: layout.keys)
    }

    private func image(key: String) -> HostImage {
        HostImage(key: key, directory: "\(layout.images)/\(key)")
    }

    /// Builds next to the final place and moves the result there at the end, so that there is no half image.
    private func build(_ image: HostImage) throws(LabError) {
        let work = "\(layout.cache)/build"
        let root = "\(work)/root"
        let output = "\(work)/image"
        let packageCache = "\(layout.cache)/packages"
        try Files.remove(work)
        for folder in [root, output, layout.images, packageCache] { try Files.makeDirectory(folder) }

        progress.step("host image \(image.key): debootstrap (about 90 s; log in \(work)/log)")
        let packages = try Files.read("\(layout.source)/host/packages.txt").split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.joined(separator: ",")
        let origin = try PackageOrigin.find(suite: Self.suite)
        var words = ["debootstrap", "--variant=minbase", "--components=main", "--include=\(packages)"]
        words += ["--cache-dir=\(packageCache)"]
        if let keyring = origin.keyring { words.append("--keyring=\(keyring)") }
        try isolated(words + [Self.suite, root, origin.mirror], log: "\(work)/log")

        progress.step("host image \(image.key): provisioning")
        try Command(["cp", "--recursive", layout.keys, "\(root)/keys"]).run()
        try Command([
            "cp", "--recursive", "--preserve=mode", "\(layout.source)/host/files/.",
            "\(layout.source)/host/provision.sh", root,
        ]).run()
        try isolated(["chroot", root, "sh", "/provision.sh"], log: "\(work)/log")
        try Files.remove("\(root)/provision.sh")

        progress.step("host image \(image.key): file system")
        for name in ["xen", "vmlinuz", "initrd.img"] {
            try Files.move("\(root)/boot/lab-\(name)", to: "\(output)/\(name)")
        }
        try Command(["truncate", "--size=4G", "\(output)/base.raw"]).run()
        try Command(
            ["mkfs.ext4", "-q", "-F", "-d", root, "\(output)/base.raw"], log: "\(work)/log"
        ).run()
        try Files.move(output, to: image.directory)
        try Files.remove(work)
        try removeOldImages()
        progress.step("host image \(image.key): done")
    }

    /// Runs a program in its own mount and process namespaces: whatever it mounts or starts ends with it.
    private func isolated(_ words: [String], log: String) throws(LabError) {
        try Command(["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"] + words, log: log).run()
    }

    private func removeOldImages() throws(LabError) {
        let folders = try Command(["ls", "-t", layout.images]).run().output.split(separator: "\n")
        for folder in folders.dropFirst(Self.keptImages) { try Files.remove("\(layout.images)/\(folder)") }
    }
}

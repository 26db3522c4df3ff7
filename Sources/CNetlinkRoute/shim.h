// libnl-route-3, imported as it is: links, qdiscs, filters and actions over rtnetlink.
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/classifier.h>
#include <netlink/route/action.h>
#include <netlink/route/tc.h>
#include <netlink/route/qdisc/plug.h>
#include <netlink/route/cls/matchall.h>
#include <netlink/route/act/mirred.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/tc_act/tc_mirred.h>

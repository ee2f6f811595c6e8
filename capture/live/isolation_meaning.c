/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/isolation.h"

const char *isolation_kind_name(enum isolation_kind kind)
{
    switch (kind) {
    case ISOLATION_USER:
        return "user-namespace";
    case ISOLATION_NETWORK:
        return "network-namespace";
    case ISOLATION_NONE:
        break;
    }
    return "none";
}

const char *isolation_meaning_en(enum isolation_kind kind)
{
    switch (kind) {
    case ISOLATION_USER:
        return "The browser had a network of its own on this machine, and the capture holds "
               "every packet of it and of no other program. A program of the ordinary user "
               "(named under joined_by) carried its connections over to the machine's network. "
               "The client's addresses and ports in the capture are therefore private ones "
               "from inside; servers saw the machine's public address and another port. The "
               "servers' addresses and ports, and all bytes sent and received in the "
               "connections, TLS included, are those of the real connections. How bytes were "
               "cut into packets, TCP sequence numbers, time to live, and times below some "
               "milliseconds are the carrying program's. The name server seen in the capture "
               "(in the private range) stands for the machine's; its answers are the machine's "
               "name server's. A browser that turns to encrypted look-ups by itself when it "
               "knows the name server does not do so here. The source ports that servers saw "
               "are in raw/sockets.jsonl as far as they were sampled.";
    case ISOLATION_NETWORK:
        return "The browser had a network of its own on this machine, and the capture holds "
               "every packet of it and of no other program. The kernel forwarded its packets "
               "and changed the client's address, and the client's port where another "
               "connection had it, to the machine's; all else, TCP sequence numbers included, "
               "is as it went out and came in, but for the time to live, which is one less or "
               "more. There was no IPv6 inside. Settings of the machine were changed for the "
               "time of the recording; they are listed.";
    case ISOLATION_NONE:
        break;
    }
    return "The capture was made on an interface of the machine itself: addresses, ports and "
           "packets are those of that interface, and other programs' packets may be in it. "
           "raw/sockets.jsonl lists which local addresses and ports belonged to the browser, "
           "sampled some times a second: a connection shorter than that may be missing from "
           "it. "
           "Look-ups by a resolver of the machine are not the browser's own packets.";
}

const char *isolation_meaning_zh(enum isolation_kind kind)
{
    switch (kind) {
    case ISOLATION_USER:
        return "浏览器在本机上使用一个独立的网络，抓包文件包含且仅包含该浏览器的全部数据包，不"
               "含其他程序的数据包。"
               "由一个普通用户程序（见 "
               "joined_by）把其中的连接转接到本机网络。因此抓包中客户端的地址和端口是内部的私有"
               "地址和端口，服务器看到的是本机的公网地址和另一个端口。服务器的地址和端口，以及"
               "连接中收发的全部字节（包括 "
               "TLS），与真实连接一致。数据如何分成数据包、TCP "
               "序列号、生存时间（TTL）以及毫秒级以下的时间由转接程序产生。"
               "抓包中出现的域名服务器（私有地址）代表本机的域名服务器，其应答即本机域名服务器"
               "的应答。有些浏览器在认识"
               "该域名服务器时会自动改用加密查询，在此环境中不会。服务器看到的源端口，凡采样到"
               "的均记录在 "
               "raw/sockets.jsonl。";
    case ISOLATION_NETWORK:
        return "浏览器在本机上使用一个独立的网络，抓包文件包含且仅包含该浏览器的全部数据包，不"
               "含其他程序的数据包。"
               "内核转发其数据包，并把客户端地址改为本机地址；端口与其他连接冲突时端口也会改变"
               "。其余内容（包括 TCP "
               "序列号）与实际收发一致，仅生存时间（TTL）相差一。内部没有 "
               "IPv6。录制期间更改了本机的若干设置，均已列出。";
    case ISOLATION_NONE:
        break;
    }
    return "抓包直接在本机的一个网络接口上进行：地址、端口和数据包均为该接口上的实际内容，其中"
           "可能含有其他程序的数据包。"
           "raw/sockets.jsonl "
           "列出属于浏览器的本地地址和端口，每秒采样数次，短于采样间隔的连接可能未列入。"
           "由本机解析服务发出的域名查询不是浏览器自己的数据包。";
}

//! What the kernel dropped before we could read it, from `/proc/net/udp` and `udp6`.
//!
//! The last column is the socket's count of drops, the tenth its inode. The other way,
//! `SO_RXQ_OVFL`, needs control messages, and so unsafe code. Where there is no `/proc`, the count
//! stays 0.

use std::fs;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

pub(super) struct KernelDrops {
    /// The socket's inode, as text.
    inode: Option<String>,
    counted: u64,
}

impl KernelDrops {
    pub(super) fn of(socket: &UdpSocket) -> Self {
        let link = fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).ok();
        let inode = link.and_then(|link| {
            let name = link.to_str()?;
            Some(name.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        });
        Self { inode, counted: 0 }
    }

    /// Datagrams that were dropped since the last call.
    pub(super) fn new_drops(&mut self) -> u64 {
        let Some(inode) = &self.inode else {
            return 0;
        };
        let total = ["/proc/net/udp", "/proc/net/udp6"]
            .iter()
            .filter_map(|path| drops_of(&fs::read_to_string(path).ok()?, inode))
            .next()
            .unwrap_or(self.counted);
        let new = total.saturating_sub(self.counted);
        self.counted = total;
        new
    }
}

fn drops_of(table: &str, inode: &str) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let mut columns = line.split_ascii_whitespace().skip(9);
        (columns.next() == Some(inode)).then(|| columns.last()?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_column_of_the_line_with_the_inode_counts() {
        let table = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops             
 1201: 0100007F:0277 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 21370 2 0000000000000000 0         
 2034: 00000000:05B8 00000000:0000 07 00000000:00000000 00:00000000 00000000   998        0 21371 2 0000000000000000 4711      
";
        let check = |inode, expected| assert_eq!(drops_of(table, inode), expected, "{inode}");
        check("21370", Some(0));
        check("21371", Some(4711));
        check("2137", None);
        check("", None);
    }

    #[test]
    fn finds_its_own_socket() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut drops = KernelDrops::of(&socket);
        if !cfg!(target_os = "linux") {
            return;
        }
        assert!(drops.inode.is_some());
        assert_eq!(drops.new_drops(), 0);
    }
}

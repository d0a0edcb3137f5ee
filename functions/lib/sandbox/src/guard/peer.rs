//! Determines which user of this machine is at the other end of a loopback connection.
//!
//! Linux shows the user of each TCP socket in `/proc/net/tcp` and `/proc/net/tcp6`. Both ends of a loopback
//! connection are in there: the one that this process has accepted, and the client's. They are compared with
//! each other, so no user ID needs to be known.
//!
//! A socket that its process has closed has no inode any more, and its user reads as 0, which is root's. Such
//! a row proves nothing. Source: Linux, `Documentation/networking/proc_net_tcp.rst`, and `tcp4_seq_show`.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::TcpListener;

/// The two ends of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    local_address: Option<SocketAddr>,
    remote_address: SocketAddr,
    /// The user of a connection never changes, so it is looked up once.
    is_same_user: Arc<OnceLock<bool>>,
}

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        let local = stream.io().local_addr().ok();
        Self { local_address: local, remote_address: *stream.remote_addr(), is_same_user: Arc::default() }
    }
}

impl Peer {
    /// Whether this process's own user is at the other end. `false` if the system does not show it.
    pub(super) fn is_same_user(&self) -> bool {
        *self.is_same_user.get_or_init(|| {
            let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| std::fs::read_to_string(table).ok());
            let rows = || tables.iter().flatten().flat_map(|table| table.lines());
            let Some(local) = self.local_address else { return false };
            let user = |here, there| rows().find_map(|row| user_of(row, here, there));
            user(local, self.remote_address)
                .is_some_and(|own_user| user(self.remote_address, local) == Some(own_user))
        })
    }
}

/// The user of the socket in this row, if it is the one from `here` to `there` and a process has it open.
fn user_of(row: &str, here: SocketAddr, there: SocketAddr) -> Option<u32> {
    // sl, local address, remote address, state, queues, timer, retransmissions, uid, timeout, inode, …
    let mut fields = row.split_ascii_whitespace().skip(1);
    let is_it = is_address(fields.next()?, here) && is_address(fields.next()?, there);
    let user = fields.nth(4)?.parse().ok()?;
    let inode = fields.nth(1)?;
    (is_it && inode != "0").then_some(user)
}

/// Whether a text such as `0100007F:1F90` is this address: words of four bytes in the machine's byte order,
/// and the port. IPv4 addresses may be IPv4-mapped IPv6 addresses.
fn is_address(text: &str, address: SocketAddr) -> bool {
    let Some((ip, port)) = text.split_once(':') else { return false };
    let SocketAddr::V4(address) = address else { return false };
    let word = u32::from_ne_bytes(address.ip().octets());
    let plain = format!("{word:08X}");
    let mapped = format!("0000000000000000{:08X}{plain}", u32::from_ne_bytes([0, 0, 0xFF, 0xFF]));
    (ip == plain || ip == mapped) && u16::from_str_radix(port, 16).is_ok_and(|port| port == address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as a kernel wrote them, of a little-endian machine.
    #[cfg(target_endian = "little")]
    #[test]
    fn the_user_of_a_socket_is_known_while_a_process_has_it_open() {
        let (server, client) = ("127.0.0.1:8080".parse().unwrap(), "127.0.0.1:51234".parse().unwrap());
        let row = |state: &str, uid: &str, inode: &str| {
            format!(
                "  12: 0100007F:C822 0100007F:1F90 {state} 00000000:00000000 00:00000000 00000000 {uid}        0 {inode} 1 0000000000000000 20 4 30 10 -1"
            )
        };
        assert_eq!(user_of(&row("01", " 1000", "12345"), client, server), Some(1000));
        assert_eq!(user_of(&row("01", " 1000", "12345"), server, client), None);
        // Closed by its process while the request is still in progress: it looks like root's.
        assert_eq!(user_of(&row("05", "    0", "0"), client, server), None);
        let mapped = " 3: 0000000000000000FFFF00000100007F:C822 0000000000000000FFFF00000100007F:1F90 01 \
            00000000:00000000 00:00000000 00000000 1000 0 77 1";
        assert_eq!(user_of(mapped, client, server), Some(1000));
        assert_eq!(user_of("  sl  local_address rem_address   st", client, server), None);
    }
}

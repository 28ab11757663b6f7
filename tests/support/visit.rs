//! What a browser does at the listener, over bare sockets: asks, follows nothing, sends a fragment back as our page does.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use tokengauge::simulator::browser::Landing;
use url::Url;

/// Status and head of an answer.
pub struct Visited {
    pub status: u16,
    pub head: String,
}

impl Visited {
    /// Where it leads.
    pub fn location(&self) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(name, _)| name.eq_ignore_ascii_case("location"));
        found.next().map_or("", |(_, value)| value)
    }
}

/// Opens an address of this machine.
pub fn get(address: &str) -> Visited {
    send(address, "GET", "")
}

/// Ends where the platform sends a browser.
pub fn land(landing: &Landing) -> Visited {
    match landing {
        Landing::Posted { address, body } => send(address, "POST", body),
        Landing::Address(address) => match address.split_once('#') {
            None => get(address),
            Some((place, fragment)) => {
                assert_eq!(get(place).status, 200, "a page that sends the fragment back");
                send(place, "POST", fragment)
            }
        },
    }
}

fn send(address: &str, method: &str, body: &str) -> Visited {
    let url = Url::parse(address).unwrap();
    let port = url.port().unwrap();
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap().to_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Visited { status, head }
}

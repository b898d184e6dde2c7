//! A proxy of our own on this machine, which asks one host for what is asked of another: Firefox can't be told to.
//!
//! It answers for the hosts that it was given, and for no others: a script for the browser (PAC) sends everything else elsewhere.
//! Connections by TLS pass through it as they are. It lasts as long as the process, as browsers that stay open do.
//!
//! Boundary: connections; which host answers for which comes in.

use std::io::{BufRead as _, BufReader, Error, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

/// The longest request line with its headers, in bytes.
const HEAD: u64 = 256 * 1024;
/// How long a browser may take to say what it wants.
const ASKING: Duration = Duration::from_secs(60);

/// Each host with the one that answers in its place.
type Hosts = Vec<(String, String)>;

/// The proxies that run, each with its port: the same hosts have the same one.
static RUNNING: Mutex<Vec<(Hosts, u16)>> = Mutex::new(Vec::new());

/// The port of a proxy for these hosts, which is started if there is none.
///
/// # Errors
/// What the operating system says.
pub fn port(hosts: &[(String, String)]) -> std::io::Result<u16> {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, port)) = running.iter().find(|(known, _)| known == hosts) {
        return Ok(*port);
    }
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    let of: Arc<Hosts> = Arc::new(hosts.to_vec());
    let accepting = move || {
        for client in listener.incoming().flatten() {
            let hosts = of.clone();
            let serving = move || {
                if let Err(error) = serve(&client, &hosts) {
                    tracing::debug!("a connection of the proxy for `hosts` ended: {error}");
                }
                let _ = client.shutdown(Shutdown::Both);
            };
            if let Err(error) = std::thread::Builder::new().spawn(serving) {
                tracing::debug!("no thread for a connection: {error}");
            }
        }
    };
    std::thread::Builder::new().name("hosts".to_owned()).spawn(accepting)?;
    running.push((hosts.to_vec(), port));
    Ok(port)
}

/// The script (PAC) by which a browser asks it for these hosts, as an address; the others are reached without it.
pub(super) fn script(hosts: &[(String, String)], port: u16) -> String {
    let names: Vec<&str> = hosts.iter().map(|(name, _)| name.trim_matches(['[', ']'])).collect();
    let script = format!(
        "function FindProxyForURL(url, host) {{ return {}.indexOf(host) < 0 ? 'DIRECT' : 'PROXY 127.0.0.1:{port}'; }}",
        json!(names)
    );
    let script = percent_encoding::utf8_percent_encode(&script, percent_encoding::NON_ALPHANUMERIC);
    format!("data:application/x-ns-proxy-autoconfig,{script}")
}

/// Where somebody is sent who asks for a host and a port.
fn target(hosts: &Hosts, name: &str, port: u16) -> Option<String> {
    let (_, other) = hosts.iter().find(|(host, _)| host.eq_ignore_ascii_case(name))?;
    let url = url::Url::parse(&format!("http://{other}/")).ok()?;
    // An address leaves out the port that is its scheme's own.
    let own = if other.ends_with(":80") { Some(80) } else { url.port() };
    Some(format!("{}:{}", url.host_str()?, own.unwrap_or(port)))
}

fn serve(client: &TcpStream, hosts: &Hosts) -> std::io::Result<()> {
    let mut answering = client;
    client.set_read_timeout(Some(ASKING))?;
    let mut reader = BufReader::new(client);
    let mut lines: Vec<String> = Vec::new();
    let mut head = (&mut reader).take(HEAD);
    loop {
        let mut line = Vec::new();
        head.read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        // As they are sent: no byte of a header is lost.
        let line: String = line.iter().map(|byte| char::from(*byte)).collect();
        match line.trim_end_matches(['\r', '\n']) {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    client.set_read_timeout(None)?;
    let wrong = || Error::from(ErrorKind::InvalidData);
    let (first, headers) = lines.split_first().ok_or_else(wrong)?;
    let [verb, asked, version]: [&str; 3] = first.split(' ').collect::<Vec<_>>().try_into().map_err(|_| wrong())?;
    let tunnel = verb == "CONNECT";
    let address = if tunnel { format!("https://{asked}/") } else { asked.to_owned() };
    let address = url::Url::parse(&address).map_err(|_| wrong())?;
    let (name, port) = (address.host_str().ok_or_else(wrong)?, address.port_or_known_default().ok_or_else(wrong)?);
    let Some(target) = target(hosts, name, port) else {
        return answering.write_all(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    };
    let server = match TcpStream::connect(&target) {
        Ok(server) => server,
        Err(error) => {
            // A page that isn't there is a load that fails, and no page of the proxy's.
            if tunnel {
                answering.write_all(b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")?;
            }
            return Err(error);
        }
    };
    for stream in [client, &server] {
        stream.set_nodelay(true)?;
    }
    if tunnel {
        answering.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    } else {
        let path = asked.split_once("://").and_then(|(_, rest)| rest.find(['/', '?']).map(|at| &rest[at..]));
        let path = path
            .map_or_else(|| "/".to_owned(), |path| format!("{}{path}", if path.starts_with('?') { "/" } else { "" }));
        let mut head = format!("{verb} {path} {version}\r\n");
        // One request each: the next one on the same connection may be for another host.
        let own = ["connection:", "proxy-connection:", "proxy-authorization:", "keep-alive:"];
        for header in
            headers.iter().filter(|header| !own.iter().any(|own| header.to_ascii_lowercase().starts_with(own)))
        {
            head.push_str(header);
            head.push_str("\r\n");
        }
        head.push_str("Connection: close\r\n\r\n");
        let head: Vec<u8> = head.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
        (&server).write_all(&head)?;
    }
    // What came together with the head.
    let begun = reader.buffer().to_vec();
    (&server).write_all(&begun)?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    std::thread::Builder::new().spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(if tunnel { Shutdown::Write } else { Shutdown::Both });
    })?;
    std::io::copy(&mut (&server), &mut answering)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends what it gets, and ends.
    fn server() -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut got = [0; 4096];
                let length = (&stream).read(&mut got).unwrap();
                let answer = [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", &got[..length]].concat();
                (&stream).write_all(&answer).unwrap();
            }
        });
        port
    }

    fn ask(port: u16, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn another_host_answers_and_nobody_else_is_asked() {
        let other = server();
        let hosts = vec![("shop.example".to_owned(), format!("127.0.0.1:{other}"))];
        let own = port(&hosts).unwrap();
        assert_eq!(port(&hosts).unwrap(), own);
        let answer = ask(
            own,
            "GET http://Shop.example/a?b HTTP/1.1\r\nHost: shop.example\r\nProxy-Connection: keep-alive\r\n\r\n",
        );
        assert!(answer.ends_with("GET /a?b HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n"), "{answer}");
        let answer = ask(own, "GET http://shop.example?b HTTP/1.1\r\n\r\n");
        assert!(answer.contains("GET /?b HTTP/1.1"), "{answer}");
        let tunnel = ask(own, "CONNECT shop.example:443 HTTP/1.1\r\n\r\nhello");
        assert!(
            tunnel.starts_with("HTTP/1.1 200 Connection established\r\n\r\n") && tunnel.ends_with("hello"),
            "{tunnel}"
        );
        assert!(ask(own, "GET http://elsewhere.example/ HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 403"));
        let gone = port(&[("gone.example".to_owned(), "127.0.0.1:1".to_owned())]).unwrap();
        assert_eq!(ask(gone, "GET http://gone.example/ HTTP/1.1\r\n\r\n"), "");
        assert!(ask(gone, "CONNECT gone.example:443 HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 502"));
    }

    #[test]
    fn a_port_is_the_other_hosts_or_the_one_that_was_asked_for() {
        let hosts = [("a.example", "b.example"), ("c.example", "localhost:8443"), ("d.example", "[::1]:80")];
        let hosts: Hosts = hosts.map(|(name, other)| (name.to_owned(), other.to_owned())).into();
        let target = |name, port| target(&hosts, name, port);
        assert_eq!(target("a.example", 443).as_deref(), Some("b.example:443"));
        assert_eq!(target("c.example", 443).as_deref(), Some("localhost:8443"));
        assert_eq!(target("d.example", 443).as_deref(), Some("[::1]:80"));
        assert_eq!(target("e.example", 443), None);
        assert!(script(&hosts, 8000).starts_with("data:application/x-ns-proxy-autoconfig,function%20FindProxyForURL"));
    }
}

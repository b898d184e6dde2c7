//! A request's body as it left the page -> text, as far as it can be read.
//!
//! Tags compress what they send, and few of them say so: `sendBeacon` takes no headers. So the header
//! `Content-Encoding` counts, and where there is none, what the bytes themselves show. A page's bytes may unpack to
//! anything: what is unpacked is bounded, and what can't be read is kept as far as it is text, with the reason.
//!
//! Boundary: bytes and two headers; what the text means is the products' business. Sources: RFC 1950, 1951 and 1952,
//! RFC 7932 (Brotli), RFC 8878 (Zstandard), RFC 7578 (`multipart/form-data`).

use std::io::Read;

use super::multipart;
use super::nested;

/// More than this nothing is unpacked to.
pub const MOST: usize = 1 << 20;

/// So often one packing may lie in another.
const ROUNDS: usize = 3;

/// A window beyond this is no body of a request.
const ZSTD_WINDOW: u64 = 8 << 20;

/// A body, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readable {
    /// What could be read; with holes if there is a `problem`.
    pub text: String,
    /// Why not all of it could be read, as a clause without a subject: "isn't text".
    pub problem: Option<String>,
    /// The text ends where unpacking did.
    pub cut: bool,
}

/// Reads a body. `whole`: these are all of its bytes.
pub fn read(bytes: &[u8], content_type: &str, content_encoding: &str, whole: bool) -> Readable {
    let unpacked = unpack(bytes, content_encoding);
    if unpacked.problem.is_none()
        && let Some(boundary) = multipart::boundary(content_type)
    {
        return multipart::readable(&unpacked.bytes, &boundary, &|part, kind| as_text(unpack(part, ""), kind, true));
    }
    let readable = as_text(unpacked, content_type, whole);
    if readable.problem.is_none()
        && let Some(inner) = nested::whole(&readable.text)
    {
        return Readable { text: inner, ..Readable::default() };
    }
    readable
}

/// Whether a text says nothing to anybody who lacks the key: most of it is long words of base64 or hexadecimal digits
/// that stand for no text.
pub fn is_opaque(text: &str) -> bool {
    let length = text.trim().len();
    length >= 90 && nested::opaque(text) * 5 > length * 3
}

/// Bytes with their packings taken off.
pub(super) struct Unpacked {
    pub(super) bytes: Vec<u8>,
    pub(super) problem: Option<String>,
    cut: bool,
}

/// Takes off the packings that the header names, then those that the bytes show.
fn unpack(bytes: &[u8], content_encoding: &str) -> Unpacked {
    let mut bytes = bytes.to_vec();
    let named =
        content_encoding.split(',').map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty());
    for name in named.collect::<Vec<_>>().into_iter().rev().take(ROUNDS) {
        let Some(packing) = Packing::named(&name) else {
            if name == "identity" || is_text(&bytes) {
                continue;
            }
            return Unpacked { bytes, problem: Some(format!("is encoded as `{}`", clip(&name))), cut: false };
        };
        match unpacked(packing, &bytes, MOST) {
            Ok(inner) => bytes = inner,
            // A header alone packs nothing.
            Err(_) if is_text(&bytes) => {}
            Err(failed) => return failed.told(packing),
        }
    }
    for _ in 0..ROUNDS {
        match sniffed(&bytes) {
            Some((_, Ok(inner))) => bytes = inner,
            Some((packing, Err(failed))) => return failed.told(packing),
            None => break,
        }
    }
    Unpacked { bytes, problem: None, cut: false }
}

/// What is certainly packed, unpacked; for the forms that any text may be in (a text in base64), without a guess. `most`: of
/// what unpacks to more bytes, these.
pub(super) fn unpack_certainly(bytes: &[u8], most: usize) -> Option<Vec<u8>> {
    let packing = Packing::marked(bytes)?;
    match unpacked(packing, bytes, most) {
        Ok(inner) => Some(inner),
        Err(failed) => (!failed.got.is_empty()).then_some(failed.got),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zlib,
    Deflate,
    Brotli,
    Zstd,
}

impl Packing {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "gzip" | "x-gzip" => Self::Gzip,
            // The header means zlib's format; many send the bare one.
            "deflate" => Self::Zlib,
            "br" => Self::Brotli,
            "zstd" => Self::Zstd,
            _ => return None,
        })
    }

    /// By the mark at its beginning.
    fn marked(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1f, 0x8b, 0x08, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            // Deflate, a window of up to 32 KiB, and a check sum.
            [first, second, ..] if first & 0x0f == 8 && first >> 4 <= 7 => {
                (u16::from_be_bytes([*first, *second]) % 31 == 0 && second & 0x20 == 0).then_some(Self::Zlib)
            }
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib | Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }
}

/// Unpacking that failed, and what came out before that.
struct Failed {
    got: Vec<u8>,
    why: &'static str,
}

impl Failed {
    fn told(self, packing: Packing) -> Unpacked {
        Unpacked {
            bytes: self.got,
            problem: Some(format!("is packed with {}, and {}", packing.name(), self.why)),
            cut: true,
        }
    }
}

/// What the bytes themselves show: a mark, or that they are deflated to the last byte.
fn sniffed(bytes: &[u8]) -> Option<(Packing, Result<Vec<u8>, Failed>)> {
    if bytes.is_empty() || is_text(bytes) {
        return None;
    }
    let marked = Packing::marked(bytes).map(|packing| (packing, unpacked(packing, bytes, MOST)));
    match marked {
        // Two bytes of zlib's may be anything else's as well.
        Some((Packing::Zlib, Err(failed))) if failed.got.is_empty() => {}
        Some(found) => return Some(found),
        None => {}
    }
    let inner = inflated_whole(bytes).filter(|inner| !inner.is_empty() && is_text(inner))?;
    Some((Packing::Deflate, Ok(inner)))
}

fn unpacked(packing: Packing, bytes: &[u8], most: usize) -> Result<Vec<u8>, Failed> {
    let bad = |why| Failed { got: Vec::new(), why };
    match packing {
        Packing::Gzip => drained(flate2::read::MultiGzDecoder::new(bytes), most),
        Packing::Deflate => drained(flate2::read::DeflateDecoder::new(bytes), most),
        Packing::Zlib => match drained(flate2::read::ZlibDecoder::new(bytes), most) {
            Err(failed) if failed.got.is_empty() => inflated_whole(bytes).ok_or(failed),
            other => other,
        },
        Packing::Brotli => drained(brotli_decompressor::Decompressor::new(bytes, 4096), most),
        Packing::Zstd => {
            let decoder = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(bytes, ZSTD_WINDOW);
            drained(decoder.map_err(|_| bad("its beginning is damaged"))?, most)
        }
    }
}

/// Bare deflate has no mark and no check sum: only what ends where the bytes end was meant so.
fn inflated_whole(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = flate2::bufread::DeflateDecoder::new(bytes);
    let mut inner = Vec::new();
    let read = decoder.by_ref().take(MOST as u64 + 1).read_to_end(&mut inner);
    (read.is_ok() && inner.len() <= MOST && decoder.total_in() == bytes.len() as u64).then_some(inner)
}

/// All that comes out, up to the bound.
fn drained(decoder: impl Read, most: usize) -> Result<Vec<u8>, Failed> {
    let mut got = Vec::new();
    let read = decoder.take(most as u64 + 1).read_to_end(&mut got);
    if got.len() > most {
        got.truncate(most);
        return Err(Failed { got, why: "there is more than 1 MiB in it" });
    }
    match read {
        Ok(_) => Ok(got),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(Failed { got, why: "it ends too early" })
        }
        Err(_) => Err(Failed { got, why: "it is damaged" }),
    }
}

/// Text has no control characters but those that lay it out.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(is_written)
}

fn is_written(text: &str) -> bool {
    // JSON text sequences (RFC 7464) have a record separator before each line.
    !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1e}' | '\u{80}'..='\u{9f}'))
}

/// Formats that no text is in, whatever bytes they consist of.
const BINARY: &[&str] =
    &["protobuf", "proto", "grpc", "msgpack", "cbor", "avro", "thrift", "flatbuffer", "jose", "encrypted"];

fn as_text(unpacked: Unpacked, content_type: &str, whole: bool) -> Readable {
    let Unpacked { bytes, mut problem, cut } = unpacked;
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let charset = parameter(content_type, "charset").map(|charset| charset.to_ascii_lowercase());
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let said = if essence.is_empty() { String::new() } else { format!(" (`{}`)", clip(&essence)) };
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // The end of what was cut may be half of a character.
        Err(error) if !whole && error.error_len().is_none() => String::from_utf8_lossy(bytes).into_owned(),
        Err(_) => match utf16(bytes) {
            Some(text) => text,
            None if charset.is_some_and(|c| matches!(c.as_str(), "iso-8859-1" | "windows-1252" | "latin1")) => {
                bytes.iter().map(|byte| char::from(*byte)).collect()
            }
            None => {
                problem.get_or_insert_with(|| format!("isn't text{said}"));
                String::from_utf8_lossy(bytes).into_owned()
            }
        },
    };
    let structured = || {
        let text = text.trim_start();
        text.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
    };
    let binary = BINARY.iter().any(|name| essence.contains(name));
    if problem.is_none() && (!is_written(&text) || (binary && !structured())) {
        problem = Some(format!("isn't text{said}"));
    }
    Readable { text, problem, cut }
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let (big, rest) = match bytes {
        [0xfe, 0xff, rest @ ..] => (true, rest),
        [0xff, 0xfe, rest @ ..] => (false, rest),
        _ => return None,
    };
    let units: Vec<u16> = rest
        .chunks_exact(2)
        .filter_map(|pair| <[u8; 2]>::try_from(pair).ok())
        .map(|pair| if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
        .collect();
    String::from_utf16(&units).ok()
}

/// A parameter of a header's value: `boundary` of `multipart/form-data; boundary=x`.
pub(super) fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}

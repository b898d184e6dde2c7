//! Painting into a screenshot: outlines around what matters, covers over what must not be seen; then a small JPEG.
//!
//! Boundary: bytes in, bytes out.

use jpeg_encoder::{ColorType, Encoder};

/// A rectangle in the window's own pixels (CSS pixels).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// From the left edge.
    pub left: f64,
    /// From the top.
    pub top: f64,
    /// From the left edge.
    pub right: f64,
    /// From the top.
    pub bottom: f64,
}

impl Rect {
    /// The part inside of another rectangle, if any.
    pub fn within(self, clip: Self) -> Option<Self> {
        let rect = Self {
            left: self.left.max(clip.left),
            top: self.top.max(clip.top),
            right: self.right.min(clip.right),
            bottom: self.bottom.min(clip.bottom),
        };
        (rect.left < rect.right && rect.top < rect.bottom).then_some(rect)
    }

    fn grown(self, by: f64) -> Self {
        Self { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }
}

/// What to paint.
#[derive(Debug, Clone)]
pub struct Orders {
    /// How many pixels of the picture make one of the window's.
    pub scale: f64,
    /// Outlined.
    pub outlines: Vec<Rect>,
    /// Covered.
    pub covers: Vec<Rect>,
}

/// A picture as it is kept.
#[derive(Debug, Clone)]
pub struct Jpeg {
    /// The file.
    pub bytes: Vec<u8>,
    /// Pixels.
    pub width: u16,
    /// Pixels.
    pub height: u16,
}

/// Above this many pixels in width a picture is halved: nobody sees the difference in a report.
const WIDEST: usize = 1800;
/// A picture has at most this many bytes; photographs on a page are the reason if it would have more.
const LARGEST: usize = 400 * 1024;
/// A screenshot with more pixels than this is none of a window.
const MOST_PIXELS: usize = 64 << 20;

const OUTLINE: [u8; 3] = [0xd6, 0x00, 0x6c];
const AROUND: [u8; 3] = [0xff, 0xff, 0xff];
const COVER: [u8; 3] = [0x5b, 0x64, 0x70];

/// Paints into a PNG file and makes a JPEG file of it.
///
/// # Errors
/// A sentence: it is no PNG, or too large whatever is done.
pub fn jpeg(png: &[u8], orders: &Orders) -> Result<Jpeg, String> {
    let mut image = decode(png)?;
    let scale = if orders.scale > 0.0 { orders.scale } else { 1.0 };
    for rect in &orders.covers {
        image.fill(rect.grown(2.0), scale, COVER);
    }
    for rect in &orders.outlines {
        image.frame(rect.grown(6.0), scale, 2.0, AROUND);
        image.frame(rect.grown(4.0), scale, 3.0, OUTLINE);
        image.frame(rect.grown(1.0), scale, 1.0, AROUND);
    }
    while image.width > WIDEST {
        image = image.halved();
    }
    for quality in [78, 60, 45, 30] {
        let jpeg = image.encode(quality)?;
        if jpeg.bytes.len() <= LARGEST {
            return Ok(jpeg);
        }
    }
    let jpeg = image.halved().encode(45)?;
    if jpeg.bytes.len() <= LARGEST { Ok(jpeg) } else { Err("left out: it is too large".into()) }
}

struct Image {
    width: usize,
    height: usize,
    /// Three bytes a pixel.
    rgb: Vec<u8>,
}

fn decode(png: &[u8]) -> Result<Image, String> {
    let wrong = |error: png::DecodingError| format!("the browser's picture can't be read: {error}");
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(wrong)?;
    let size = reader.output_buffer_size().filter(|size| *size <= MOST_PIXELS * 4);
    let mut buffer = vec![0; size.ok_or("the browser's picture is too large")?];
    let info = reader.next_frame(&mut buffer).map_err(wrong)?;
    buffer.truncate(info.buffer_size());
    let rgb = match info.color_type {
        png::ColorType::Rgb => buffer,
        // A window has no background but white.
        png::ColorType::Rgba => {
            buffer.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]].map(|c| over(c, p[3]))).collect()
        }
        png::ColorType::Grayscale => buffer.iter().flat_map(|g| [*g; 3]).collect(),
        png::ColorType::GrayscaleAlpha => buffer.chunks_exact(2).flat_map(|p| [over(p[0], p[1]); 3]).collect(),
        png::ColorType::Indexed => return Err("the browser's picture has a palette".into()),
    };
    Ok(Image { width: info.width as usize, height: info.height as usize, rgb })
}

fn over(colour: u8, alpha: u8) -> u8 {
    if alpha == 255 {
        return colour;
    }
    let mixed = (u16::from(colour) * u16::from(alpha) + 255 * (255 - u16::from(alpha))) / 255;
    u8::try_from(mixed).unwrap_or(u8::MAX)
}

impl Image {
    /// Whole pixels of a rectangle, cut to the picture: left, top, right, bottom.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
    fn pixels(&self, rect: Rect, scale: f64) -> [usize; 4] {
        let at = |value: f64, most: usize| ((value * scale).max(0.0) as usize).min(most);
        [
            at(rect.left.floor(), self.width),
            at(rect.top.floor(), self.height),
            at(rect.right.ceil(), self.width),
            at(rect.bottom.ceil(), self.height),
        ]
    }

    fn fill(&mut self, rect: Rect, scale: f64, colour: [u8; 3]) {
        let [left, top, right, bottom] = self.pixels(rect, scale);
        for y in top..bottom {
            let row = self.rgb.get_mut((y * self.width + left) * 3..(y * self.width + right.max(left)) * 3);
            for pixel in row.into_iter().flat_map(|row| row.chunks_exact_mut(3)) {
                pixel.copy_from_slice(&colour);
            }
        }
    }

    /// The four sides of a rectangle, `thick` wide, inside of it.
    fn frame(&mut self, rect: Rect, scale: f64, thick: f64, colour: [u8; 3]) {
        let Rect { left, top, right, bottom } = rect;
        for side in [
            Rect { bottom: top + thick, ..rect },
            Rect { top: bottom - thick, ..rect },
            Rect { right: left + thick, ..rect },
            Rect { left: right - thick, ..rect },
        ] {
            self.fill(side, scale, colour);
        }
    }

    /// At half its size, each pixel the mean of four.
    fn halved(&self) -> Self {
        let (width, height) = ((self.width / 2).max(1), (self.height / 2).max(1));
        let mut rgb = Vec::with_capacity(width * height * 3);
        let at = |x: usize, y: usize, c: usize| {
            let (x, y) = (x.min(self.width - 1), y.min(self.height - 1));
            u16::from(self.rgb.get((y * self.width + x) * 3 + c).copied().unwrap_or(255))
        };
        for y in 0..height {
            for x in 0..width {
                for c in 0..3 {
                    let (x, y) = (x * 2, y * 2);
                    let sum = at(x, y, c) + at(x + 1, y, c) + at(x, y + 1, c) + at(x + 1, y + 1, c);
                    rgb.push(u8::try_from(sum / 4).unwrap_or(u8::MAX));
                }
            }
        }
        Self { width, height, rgb }
    }

    fn encode(&self, quality: u8) -> Result<Jpeg, String> {
        let size = |pixels: usize| u16::try_from(pixels).map_err(|_| "left out: it is too large".to_owned());
        let (width, height) = (size(self.width)?, size(self.height)?);
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, quality);
        encoder.set_optimized_huffman_tables(true);
        encoder
            .encode(&self.rgb, width, height, ColorType::Rgb)
            .map_err(|error| format!("it can't be kept: {error}"))?;
        Ok(Jpeg { bytes, width, height })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, rgba: [u8; 4]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgba);
        let data: Vec<u8> = rgba.repeat((width * height) as usize);
        encoder.write_header().unwrap().write_image_data(&data).unwrap();
        bytes
    }

    fn orders(scale: f64, covers: Vec<Rect>) -> Orders {
        Orders { scale, outlines: vec![], covers }
    }

    #[test]
    fn what_is_covered_is_covered_at_the_screens_scale() {
        // Two pixels of the screen to each of the window's.
        let mut image = decode(&png(40, 20, [9, 9, 9, 255])).unwrap();
        image.fill(Rect { left: 5.0, top: 2.0, right: 10.0, bottom: 4.0 }, 2.0, COVER);
        let at = |x: usize, y: usize| &image.rgb[(y * 40 + x) * 3..][..3];
        assert_eq!(at(10, 4), COVER);
        assert_eq!(at(19, 7), COVER);
        assert_eq!(at(9, 4), [9, 9, 9]);
        assert_eq!(at(20, 7), [9, 9, 9]);
        assert_eq!(at(10, 8), [9, 9, 9]);
    }

    #[test]
    fn rectangles_outside_of_the_picture_are_cut() {
        let wild = Rect { left: -50.0, top: -1e9, right: 1e12, bottom: f64::NAN };
        let jpeg = jpeg(&png(30, 20, [1, 2, 3, 128]), &orders(0.0, vec![wild])).unwrap();
        assert_eq!((jpeg.width, jpeg.height), (30, 20));
        assert!(jpeg.bytes.starts_with(&[0xff, 0xd8]), "a JPEG");
    }

    #[test]
    fn wide_screens_are_halved_and_other_files_refused() {
        let made = jpeg(&png(2560, 40, [255, 255, 255, 255]), &orders(2.0, vec![])).unwrap();
        assert_eq!((made.width, made.height), (1280, 20));
        assert!(jpeg(b"GIF89a", &orders(1.0, vec![])).unwrap_err().contains("can't be read"));
    }
}

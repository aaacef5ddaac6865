//! Frames on the pipes: four bytes of length, the least significant first, and as many bytes of JSON.

use std::io::{self, BufRead, Read, Write};

/// Longest frame.
pub(crate) const LIMIT: usize = 256 * 1024 * 1024;

/// What a worker says before its first frame. Whatever was printed before it is no frame.
pub(crate) const MAGIC: &[u8] = b"\0mxcp worker 1\n";

/// How much may be printed before the first frame.
const NOISE_LIMIT: usize = 1 << 20;

/// Reads up to the first frame, and gives what was printed before.
pub(crate) fn skip_noise(pipe: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    for byte in pipe.bytes() {
        read.push(byte?);
        if read.ends_with(MAGIC) {
            read.truncate(read.len() - MAGIC.len());
            return Ok(read);
        }
        if read.len() > NOISE_LIMIT {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it prints without end as it starts"));
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// The next frame; none at the end.
pub(crate) fn read(pipe: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    if let Err(error) = pipe.read_exact(&mut length) {
        return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > LIMIT {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame is longer than frames may be"));
    }
    let mut frame = Vec::new();
    // Grows with what arrives, not with what is announced.
    let got = pipe.take(length as u64).read_to_end(&mut frame)?;
    if got < length { Ok(None) } else { Ok(Some(frame)) }
}

/// Writes a frame, which is within [`LIMIT`].
pub(crate) fn write(pipe: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
    pipe.write_all(&length.to_le_bytes())?;
    pipe.write_all(frame)?;
    pipe.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_as_it_was_written_and_a_torn_one_is_the_end() {
        let mut pipe = Vec::new();
        write(&mut pipe, b"{}").unwrap();
        assert_eq!(read(&mut &*pipe).unwrap().unwrap(), b"{}");
        assert_eq!(read(&mut &pipe[..5]).unwrap(), None);
        assert_eq!(read(&mut &pipe[..3]).unwrap(), None);
        assert!(read(&mut &[0xff; 8][..]).is_err());
    }

    #[test]
    fn what_is_printed_before_the_first_frame_is_told_apart() {
        let mut pipe = &b"hello\n\0mxcp worker 1\n{}"[..];
        assert_eq!(skip_noise(&mut pipe).unwrap(), b"hello\n");
        assert_eq!(pipe, b"{}");
        assert!(skip_noise(&mut &b"hello"[..]).is_err());
    }
}

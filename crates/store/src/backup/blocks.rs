//! The blocks of a backup: members of a gzip file, each of whole lines, so that `zcat` shows them all.
//!
//! The last line of a block holds a SHA-256 over its other lines and over that of the block before. So a block that is
//! torn, changed, missing or out of its place is found where it is.

use std::io::{self, BufRead, Read, Write};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::BackupError;

/// A block is written once its lines are this long.
const BLOCK: usize = 1024 * 1024;
/// No block is longer, for a single row is not.
const LONGEST: u64 = 256 * 1024 * 1024;

/// The last line of a block.
#[derive(Serialize, Deserialize)]
struct Seal {
    sha256: String,
}

/// Writes blocks.
pub(super) struct Writer<W: Write> {
    to: W,
    lines: Vec<u8>,
    before: [u8; 32],
}

impl<W: Write> Writer<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to, lines: Vec::with_capacity(BLOCK + BLOCK / 4), before: [0; 32] }
    }

    /// Adds a line; says whether the block is long enough to be ended.
    pub(super) fn line(&mut self, value: &impl Serialize) -> Result<bool, BackupError> {
        serde_json::to_writer(&mut self.lines, value).map_err(io::Error::from)?;
        self.lines.push(b'\n');
        Ok(self.lines.len() >= BLOCK)
    }

    /// Ends the block.
    pub(super) fn end_block(&mut self) -> Result<(), BackupError> {
        self.before = sum(&self.before, &self.lines);
        self.line(&Seal { sha256: hex::encode(self.before) })?;
        let mut compressed = GzEncoder::new(&mut self.to, Compression::fast());
        compressed.write_all(&self.lines)?;
        compressed.finish()?;
        self.lines.clear();
        Ok(())
    }

    /// Gives back what was written to.
    pub(super) fn finish(mut self) -> Result<W, BackupError> {
        self.to.flush()?;
        Ok(self.to)
    }
}

/// Reads blocks.
pub(super) struct Reader<R: BufRead> {
    from: Counted<R>,
    before: [u8; 32],
    /// How many blocks were read.
    block: u64,
    /// Where the present one begins.
    byte: u64,
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from: Counted { inner: from, read: 0 }, before: [0; 32], block: 0, byte: 0 }
    }

    /// Reads the next block and gives its lines, without the last.
    pub(super) fn block(&mut self) -> Result<Vec<u8>, BackupError> {
        self.block += 1;
        self.byte = self.from.read;
        let mut lines = Vec::new();
        let read = GzDecoder::new(&mut self.from).take(LONGEST).read_to_end(&mut lines);
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(self.damaged("the file ends in it"));
            }
            Err(error) if is_about_content(&error) => return Err(self.damaged(&error.to_string())),
            Err(error) => return Err(error.into()),
        }
        let seal_begins = lines.trim_ascii_end().iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let seal: Seal = serde_json::from_slice(&lines[seal_begins..]).map_err(|_| self.damaged("it is not sealed"))?;
        lines.truncate(seal_begins);
        self.before = sum(&self.before, &lines);
        if seal.sha256 != hex::encode(self.before) {
            return Err(self.damaged("its checksum is another, or a block is missing before it"));
        }
        Ok(lines)
    }

    /// Says whether the file is read to its end.
    pub(super) fn is_at_end(&mut self) -> Result<bool, BackupError> {
        Ok(self.from.fill_buf()?.is_empty())
    }

    /// Makes an error about the present block.
    pub(super) fn damaged(&self, problem: &str) -> BackupError {
        BackupError::Damaged { block: self.block, byte: self.byte, problem: problem.to_owned() }
    }
}

fn is_about_content(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
}

fn sum(before: &[u8; 32], lines: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(before).chain_update(lines).finalize().into()
}

/// Counts the bytes that are read.
struct Counted<R> {
    inner: R,
    read: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.read += count as u64;
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
        self.read += amount as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Vec<u8> {
        let mut writer = Writer::new(Vec::new());
        for block in ["one", "two", "three"] {
            writer.line(&block).unwrap();
            writer.end_block().unwrap();
        }
        writer.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Vec<String>, BackupError> {
        let mut reader = Reader::new(bytes);
        let mut blocks = Vec::new();
        while !reader.is_at_end()? {
            blocks.push(String::from_utf8(reader.block()?).unwrap());
        }
        Ok(blocks)
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read(&written()).unwrap(), ["\"one\"\n", "\"two\"\n", "\"three\"\n"]);
    }

    #[test]
    fn every_cut_and_every_flipped_byte_is_found() {
        let whole = written();
        let content = read(&whole).unwrap();
        let mut begins = vec![0];
        let mut reader = Reader::new(&*whole);
        while !reader.is_at_end().unwrap() {
            reader.block().unwrap();
            begins.push(reader.from.read as usize);
        }
        for length in 1..whole.len() {
            // A file that ends after a whole block has no end block: that is for who knows what blocks mean.
            assert_eq!(read(&whole[..length]).is_ok(), begins.contains(&length), "cut after {length}");
        }
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 0x10;
            // Some bits say nothing: the time in a member's header, what fills its last byte.
            let told = read(&changed);
            assert!(told.is_err() || told.as_ref().ok() == Some(&content), "byte {place}: {told:?}");
        }
        let swapped = [&whole[begins[1]..begins[2]], &whole[..begins[1]]].concat();
        let told = read(&swapped).unwrap_err().to_string();
        assert!(told.contains("block 1, which begins at byte 0"), "{told}");
    }
}

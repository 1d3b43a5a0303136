//! Texts that are made anew piece by piece while they are read.

use std::io::{self, Cursor, Read};

/// Makes a text's pieces.
pub(super) trait Pieces {
    /// The next piece; an empty one is the text's end.
    ///
    /// # Errors
    /// When what it is made of can't be read.
    fn next_piece(&mut self) -> io::Result<Vec<u8>>;
}

/// Reads a text that is made so.
pub(super) struct PieceReader<P> {
    pieces: P,
    out: Cursor<Vec<u8>>,
}

impl<P: Pieces> PieceReader<P> {
    /// Of these pieces.
    pub(super) fn new(pieces: P) -> Self {
        Self { pieces, out: Cursor::default() }
    }
}

impl<P: Pieces> Read for PieceReader<P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.out.read(buffer)?;
        if count > 0 || buffer.is_empty() {
            return Ok(count);
        }
        self.out = Cursor::new(self.pieces.next_piece()?);
        self.out.read(buffer)
    }
}

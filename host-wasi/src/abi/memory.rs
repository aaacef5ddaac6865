//! Linear memory.

/// A memory that values are passed in. Addresses are of 32 bits.
pub trait Memory {
    /// Copies bytes out of it.
    fn read(&self, at: u32, into: &mut [u8]) -> Result<(), Fault>;

    /// Copies bytes into it.
    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Fault>;

    /// A new block; of no size, any address that has the alignment.
    fn allocate(&mut self, size: u32, align: u32) -> Result<u32, Fault>;

    /// Gives a block back, with the size and alignment it was asked for with.
    fn free(&mut self, at: u32, size: u32, align: u32);
}

/// Why a value can't be passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An address lies outside of the memory, or is not aligned as it must be.
    #[error("component gave an address that is none")]
    OutOfBounds,
    /// There is no room, or the value is larger than a memory can be.
    #[error("value takes more memory than there is")]
    OutOfMemory,
    /// A text is not UTF-8.
    #[error("component gave a text that is not UTF-8")]
    Text,
    /// A character is none of Unicode.
    #[error("component gave a character that is none")]
    Character,
    /// A case that the variant does not have.
    #[error("component gave a case that its type does not have")]
    Case,
    /// A value is not of the type it is passed as: a defect of the caller.
    #[error("value is not of its type")]
    Misfit,
}

//! Memory for weights.

use std::ops::Range;

/// Instructions read whole cache lines.
const LINE: usize = 64;

/// Zeroed bytes from the beginning of a cache line on, in huge pages where the system has them:
/// reading all of a model's weights at every step costs many translations of addresses otherwise.
/// Memory that nobody has written is not touched.
pub(super) struct Bytes {
    memory: Vec<u8>,
    range: Range<usize>,
}

impl Bytes {
    /// So many bytes.
    pub fn zeroed(bytes: usize) -> Self {
        let memory = vec![0u8; bytes + LINE - 1];
        let from = memory.as_ptr().align_offset(LINE);
        let range = from..from + bytes;
        #[cfg(target_os = "linux")]
        advise_huge_pages(&memory[range.clone()]);
        Self { memory, range }
    }
}

/// Asks for huge pages; without them everything works, slower.
#[cfg(target_os = "linux")]
fn advise_huge_pages(bytes: &[u8]) {
    const PAGE: usize = 4096;
    let range = bytes.as_ptr_range();
    let from = (range.start as usize).next_multiple_of(PAGE);
    let to = range.end as usize / PAGE * PAGE;
    if from < to {
        // SAFETY: the range lies inside the vector's memory, and the advice changes no content.
        unsafe { libc::madvise(from as *mut libc::c_void, to - from, libc::MADV_HUGEPAGE) };
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.memory[self.range.clone()]
    }
}

impl AsMut<[u8]> for Bytes {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.range.clone()]
    }
}

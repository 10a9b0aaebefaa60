//! Memory for weights.

/// Zeroed bytes, aligned to a cache line, in huge pages where the system has them: reading all of a
/// model's weights at every step costs many translations of addresses otherwise.
pub(super) struct Bytes {
    lines: Vec<CacheLine>,
}

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct CacheLine([u8; 64]);

impl Bytes {
    /// So many bytes, a multiple of 64.
    pub fn zeroed(bytes: usize) -> Self {
        debug_assert!(bytes.is_multiple_of(64));
        let lines = vec![CacheLine([0; 64]); bytes / 64];
        #[cfg(target_os = "linux")]
        advise_huge_pages(&lines);
        Self { lines }
    }
}

/// Asks for huge pages; without them everything works, slower.
#[cfg(target_os = "linux")]
fn advise_huge_pages(lines: &[CacheLine]) {
    const PAGE: usize = 4096;
    let from = (lines.as_ptr() as usize).next_multiple_of(PAGE);
    let to = (lines.as_ptr() as usize + size_of_val(lines)) / PAGE * PAGE;
    if from < to {
        // SAFETY: the range lies inside the vector's memory, and the advice changes no content.
        unsafe { libc::madvise(from as *mut libc::c_void, to - from, libc::MADV_HUGEPAGE) };
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: `CacheLine` is 64 plain bytes.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), size_of_val(&*self.lines)) }
    }
}

impl AsMut<[u8]> for Bytes {
    fn as_mut(&mut self) -> &mut [u8] {
        // SAFETY: `CacheLine` is 64 plain bytes.
        unsafe {
            std::slice::from_raw_parts_mut(
                self.lines.as_mut_ptr().cast(),
                size_of_val(&*self.lines),
            )
        }
    }
}

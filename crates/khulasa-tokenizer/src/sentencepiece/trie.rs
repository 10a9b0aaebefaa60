//! Which of many strings a text begins with.

/// A set of strings with a number each, as a tree of bytes.
#[derive(Debug, Clone)]
pub(crate) struct Trie {
    /// The children of a node lie next to each other, in the order of their bytes; the first is
    /// the root.
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    byte: u8,
    /// How many children it has.
    children: u16,
    /// Where they begin.
    first: u32,
    /// The number of the string that ends here.
    value: u32,
}

const NONE: u32 = u32::MAX;

impl Trie {
    /// A trie of different strings. Takes memory in proportion to their bytes.
    pub(crate) fn new<'a>(strings: impl Iterator<Item = (&'a str, u32)>) -> Self {
        let mut sorted: Vec<_> = strings.map(|(s, value)| (s.as_bytes(), value)).collect();
        sorted.sort_unstable();
        let mut nodes = vec![Node {
            byte: 0,
            children: 0,
            first: 0,
            value: NONE,
        }];
        // Nodes whose children are still to be made: which strings begin with it, and its depth.
        let mut waiting = std::collections::VecDeque::from([(0, 0..sorted.len(), 0)]);
        while let Some((node, mut range, depth)) = waiting.pop_front() {
            if let Some(&(string, value)) = sorted.get(range.start)
                && string.len() == depth
            {
                nodes[node].value = value;
                range.start += 1;
            }
            nodes[node].first = nodes.len() as u32;
            while !range.is_empty() {
                let byte = sorted[range.start].0[depth];
                let same = sorted[range.clone()].partition_point(|(s, _)| s[depth] == byte);
                let end = range.start + same;
                waiting.push_back((nodes.len(), range.start..end, depth + 1));
                nodes.push(Node {
                    byte,
                    children: 0,
                    first: 0,
                    value: NONE,
                });
                nodes[node].children += 1;
                range.start = end;
            }
        }
        Self { nodes }
    }

    /// Every string that the text begins with, shortest first: its length and number.
    pub(crate) fn prefixes<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (usize, u32)> {
        let mut node = self.nodes[0];
        let mut steps = text.iter().zip(1..);
        std::iter::from_fn(move || {
            loop {
                let (byte, length) = steps.next()?;
                let first = node.first as usize;
                let children = &self.nodes[first..first + usize::from(node.children)];
                let at = children.binary_search_by_key(byte, |n| n.byte).ok()?;
                node = children[at];
                if node.value != NONE {
                    return Some((length, node.value));
                }
            }
        })
    }

    /// The length of the longest string that the text begins with.
    pub(crate) fn longest_prefix(&self, text: &str) -> Option<usize> {
        self.prefixes(text.as_bytes()).last().map(|p| p.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_a_text() {
        let strings = ["a", "ab", "abc", "b", "\u{2581}a", "\0"];
        let trie = Trie::new(strings.iter().copied().zip(0..));
        let found = |text: &str| trie.prefixes(text.as_bytes()).collect::<Vec<_>>();
        assert_eq!(found("abd"), [(1, 0), (2, 1)]);
        assert_eq!(found("abcd"), [(1, 0), (2, 1), (3, 2)]);
        assert_eq!(found("\u{2581}ab"), [(4, 4)]);
        assert_eq!(found("\0\0"), [(1, 5)]);
        assert_eq!(found("c"), []);
        assert_eq!(found(""), []);
        assert_eq!(trie.longest_prefix("abx"), Some(2));
        assert_eq!(Trie::new(std::iter::empty()).longest_prefix("a"), None);
    }
}

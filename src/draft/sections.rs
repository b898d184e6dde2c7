//! Sections of pages: what stands below which heading, and to which events a table of fields belongs.

use super::facts::Section;
use super::page::{Block, Heading, Page};

/// What stands between one heading and the next one.
#[derive(Debug, Clone, Default)]
pub(super) struct Leaf {
    pub page: usize,
    /// The headings above it, from the top; its own last. As blocks of the page.
    pub headings: Vec<usize>,
    /// Its blocks, without the heading.
    pub blocks: std::ops::Range<usize>,
    /// The events that are introduced in it.
    pub events: Vec<String>,
}

impl Leaf {
    pub fn heading<'p>(&self, pages: &'p [Page]) -> Option<&'p Heading> {
        match pages.get(self.page)?.blocks.get(*self.headings.last()?)? {
            Block::Heading(heading) => Some(heading),
            _ => None,
        }
    }

    pub fn section(&self, pages: &[Page]) -> Section {
        self.heading(pages).map(|heading| section(heading, self.page)).unwrap_or_default()
    }

    fn parent(&self) -> &[usize] {
        self.headings.split_last().map_or(&[], |(_, parents)| parents)
    }
}

/// What a heading says of its section.
pub(super) fn section(heading: &Heading, page: usize) -> Section {
    let title = (!heading.said.text.is_empty()).then(|| heading.said.clone());
    Section { page, title, anchor: heading.anchor.clone(), slug: heading.slug() }
}

/// The leaves of all pages, from top to bottom.
pub(super) fn leaves(pages: &[Page]) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for (page, read) in pages.iter().enumerate() {
        let mut stack: Vec<(u8, usize)> = Vec::new();
        let mut start = 0;
        let leaf = |stack: &[(u8, usize)], blocks| Leaf {
            page,
            headings: stack.iter().map(|(_, at)| *at).collect(),
            blocks,
            events: Vec::new(),
        };
        for (at, block) in read.blocks.iter().enumerate() {
            let Block::Heading(heading) = block else { continue };
            leaves.push(leaf(&stack, start..at));
            stack.retain(|(level, _)| *level < heading.level);
            stack.push((heading.level, at));
            start = at + 1;
        }
        leaves.push(leaf(&stack, start..read.blocks.len()));
    }
    leaves
}

/// A table of fields, and whose it may be.
#[derive(Debug)]
pub(super) struct Owned {
    /// The block that it is.
    pub page: usize,
    pub block: usize,
    /// Events in whose section it stands.
    pub own: Vec<String>,
    /// Events above it that have no table of their own.
    pub above: Vec<String>,
}

/// To which events tables belong: those in whose section they stand, and, if more events stand above
/// another one's table than have one alone, also to those above that have none.
pub(super) fn owners(leaves: &[Leaf], is_table: &dyn Fn(usize, usize) -> bool) -> Vec<Owned> {
    let mut owned: Vec<Owned> = Vec::new();
    let mut above: Vec<String> = Vec::new();
    let mut parent: (usize, Vec<usize>) = (0, Vec::new());
    // The section of the last events: a `Payload` below it is theirs.
    let mut last: Option<&Leaf> = None;
    for leaf in leaves {
        let tables: Vec<usize> = leaf.blocks.clone().filter(|block| is_table(leaf.page, *block)).collect();
        let inside = last.filter(|last| {
            leaf.events.is_empty()
                && last.page == leaf.page
                && !last.headings.is_empty()
                && leaf.headings.starts_with(&last.headings)
        });
        if !leaf.events.is_empty() {
            let own = (leaf.page, leaf.parent().to_vec());
            if own != parent {
                above.clear();
                parent = own;
            }
            last = Some(leaf);
        } else if inside.is_none() && leaf.page != parent.0 {
            above.clear();
        }
        if tables.is_empty() {
            above.extend(leaf.events.iter().cloned());
            continue;
        }
        // A section of its own, beside the events' sections or below all of them.
        let beside = leaf.parent() == parent.1.as_slice() || parent.1.starts_with(leaf.parent());
        let own = match inside {
            _ if !leaf.events.is_empty() => leaf.events.clone(),
            Some(inside) => inside.events.clone(),
            None => Vec::new(),
        };
        above.retain(|event| !own.contains(event));
        if own.is_empty() && !beside {
            continue;
        }
        for block in tables {
            owned.push(Owned { page: leaf.page, block, own: own.clone(), above: above.clone() });
        }
        above.clear();
    }
    owned.retain(|one| !(one.own.is_empty() && one.above.is_empty()));
    // Weighed by events, so that one event more or less doesn't turn it.
    let own = || owned.iter().filter(|one| !one.own.is_empty());
    let (above, alone) =
        (own().map(|one| one.above.len()).sum::<usize>(), own().filter(|one| one.above.is_empty()).count());
    let shared = above > alone;
    for one in &mut owned {
        if !one.own.is_empty() && !shared {
            one.above.clear();
        }
    }
    owned
}

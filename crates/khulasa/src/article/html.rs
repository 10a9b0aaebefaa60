//! Web pages: finds the article in them.

use dom_smoothie::Readability;
use khulasa_tokenizer::Span;
use khulasa_tokenizer::normalize::fold;

use super::flow::{Flow, flow};
use super::guard::{Shape, shape};
use super::head::is_dateline;
use super::kinds::Block;
use super::line::Line;
use super::site::{is_address, names_in};
use super::words::bare;
use super::{Kind, lines};

/// Larger pages are not parsed into a tree: all their text is read. No article comes near it.
const MAX_PARSED: usize = 4 << 20;
/// The title, date and author that a page shows by itself are looked for in this many blocks.
const HEAD: usize = 12;
/// Titles and authors are at most this long (bytes).
const MAX_META: usize = 600;

/// A page's article: its text, the blocks of it, and the names of its site.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub text: String,
    pub blocks: Vec<Block>,
    pub sites: Vec<String>,
}

/// Finds the article in a page: by Mozilla's Readability where that finds most of the page's
/// running text, otherwise all text of the page, with what stands in its navigation, header,
/// footer and sidebar marked as boilerplate.
///
/// # Errors
/// The byte of a tag with too many attributes to be read.
pub(super) fn read(html: &str) -> Result<Page, usize> {
    let shape = shape(html);
    if let Shape::Swollen(at) = shape {
        return Err(at);
    }
    let whole = flow(html);
    let found = (shape == Shape::Sound && html.len() <= MAX_PARSED).then(|| main_content(html));
    let (meta, content) = found.flatten().unwrap_or_default();
    let title = title(&whole, &meta);
    let content = content.filter(|content| 3 * running(content) >= running(&whole));
    let mut sites: Vec<String> = meta.site.clone().into_iter().collect();
    sites.extend(meta.url.as_deref().map(names_in).unwrap_or_default());
    let flow = content.unwrap_or(whole);
    Ok(page(flow, &title, &meta, sites))
}

/// What a page says of itself.
#[derive(Debug, Default)]
struct Meta {
    title: String,
    author: Option<String>,
    date: Option<String>,
    site: Option<String>,
    url: Option<String>,
}

fn main_content(html: &str) -> Option<(Meta, Option<Flow>)> {
    let mut readability = Readability::from(html);
    match readability.parse() {
        Ok(article) => {
            let meta = Meta {
                title: article.title,
                author: article.byline,
                date: article.published_time,
                site: article.site_name,
                url: article.url,
            };
            Some((meta, Some(flow(&article.content))))
        }
        Err(_) => None,
    }
}

/// How much running text there is, in bytes: unlinked blocks of a sentence or more.
fn running(flow: &Flow) -> usize {
    let lengths = flow
        .blocks
        .iter()
        .filter(|b| !b.linked && b.hint != Some(Kind::Boilerplate));
    lengths
        .map(|b| b.span.len())
        .filter(|&length| length >= 120)
        .sum()
}

/// The title: the `<h1>` that has most in common with what the page calls itself, or that name
/// without the site's where none has at least half of its words.
fn title(whole: &Flow, meta: &Meta) -> String {
    let own = if meta.title.is_empty() {
        &whole.title
    } else {
        &meta.title
    };
    let own = if own.len() <= 2 * MAX_META {
        squeeze(own)
    } else {
        String::new()
    };
    let own = without_site(&own, meta.site.as_deref()).to_owned();
    let words = |text: &str| -> Vec<String> {
        fold(text)
            .split_whitespace()
            .map(|word| bare(word).to_owned())
            .collect()
    };
    let own_words = words(&own);
    let in_common = |h1: &String| {
        let h1 = words(h1);
        let shared = h1.iter().filter(|word| own_words.contains(word)).count();
        (2 * shared >= h1.len().min(own_words.len())).then_some(shared)
    };
    let h1s = whole
        .h1
        .iter()
        .map(|h1| squeeze(h1))
        .filter(|h1| h1.len() <= MAX_META);
    let best = h1s
        .rev()
        .filter_map(|h1| Some((in_common(&h1)?, h1)))
        .max_by_key(|(n, _)| *n);
    let title = best.map_or(own, |(_, h1)| h1);
    if title.len() <= MAX_META {
        title
    } else {
        String::new()
    }
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is compared of a text: its folded letters and digits.
fn letters(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// A page's title without the site's name behind it.
fn without_site<'a>(title: &'a str, site: Option<&str>) -> &'a str {
    let cut = [" | ", " - ", " – ", " — ", " :: ", " » "]
        .iter()
        .filter_map(|s| {
            title
                .rfind(s)
                .map(|at| (&title[..at], &title[at + s.len()..]))
        })
        .max_by_key(|(before, _)| before.len());
    let Some((before, after)) = cut else {
        return title;
    };
    let named = site.is_some_and(|site| letters(site) == letters(after));
    let short = after.split(' ').count() <= 3 && before.split(' ').count() >= 4;
    if named || short { before } else { title }
}

/// Puts title, author and date before the text where it doesn't show them itself.
fn page(flow: Flow, title: &str, meta: &Meta, sites: Vec<String>) -> Page {
    let mut text = String::new();
    let mut blocks = Vec::new();
    let mut body = flow.blocks;
    let slice = |block: &Block| &flow.text[block.span.clone()];
    let shown = |body: &mut [Block], wanted: &str, kind: Kind| {
        let wanted = letters(wanted);
        let found = body.iter_mut().take(HEAD).find(|b| {
            b.span.len() <= 2 * MAX_META && letters(&flow.text[b.span.clone()]) == wanted
        });
        found.map(|block| block.hint = Some(kind)).is_some()
    };
    let mut add = |line: &str, kind: Kind| {
        let start = text.len();
        text.push_str(line);
        blocks.push(Block {
            hint: Some(kind),
            ..Block::new(start..text.len())
        });
        text.push_str("\n\n");
    };
    if !title.is_empty() && !shown(&mut body, title, Kind::Title) {
        add(title, Kind::Title);
    }
    if let Some(author) = meta.author.as_deref().map(squeeze).filter(|a| is_author(a))
        && !shown(&mut body, &author, Kind::Byline)
    {
        add(&author, Kind::Byline);
    }
    if let Some(date) = meta.date.as_deref().and_then(day)
        && !body
            .iter()
            .take(HEAD)
            .any(|b| is_dateline(&Line::new(slice(b), b.linked), 3))
    {
        add(date, Kind::Dateline);
    }
    let before = text.len();
    text.push_str(&flow.text);
    blocks.extend(body.into_iter().map(|block| Block {
        span: moved(&block.span, before),
        ..block
    }));
    let mut names = lines::site_names(&text, &blocks);
    names.extend(sites);
    let blocks = lines::split_site_labels(&text, blocks, &names);
    Page {
        text,
        blocks,
        sites: names,
    }
}

fn moved(span: &Span, by: usize) -> Span {
    span.start + by..span.end + by
}

/// Whether what a page names as its author can be shown as one.
fn is_author(author: &str) -> bool {
    author.len() <= 200
        && author.chars().any(char::is_alphabetic)
        && !author.split(' ').any(is_address)
        && !matches!(
            fold(bare(author)).as_str(),
            "admin" | "editor" | "administrator"
        )
}

/// The day of an ISO 8601 time.
fn day(time: &str) -> Option<&str> {
    let day = time.trim().get(..10)?;
    let shape = |(at, b): (usize, u8)| {
        if at == 4 || at == 7 {
            b == b'-'
        } else {
            b.is_ascii_digit()
        }
    };
    day.bytes().enumerate().all(shape).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_without_the_site() {
        for (title, site, expected) in [
            (
                "عودة المياه إلى أحياء المدينة | جريدة النهر",
                None,
                "عودة المياه إلى أحياء المدينة",
            ),
            ("عودة المياه - النهر", Some("النهر"), "عودة المياه"),
            ("عودة المياه - تقرير", None, "عودة المياه - تقرير"),
            ("عودة المياه", None, "عودة المياه"),
        ] {
            assert_eq!(without_site(title, site), expected);
        }
    }

    #[test]
    fn titles_among_headings() {
        for (h1s, own, expected) in [
            (
                &["النهر", "عودة المياه إلى المدينة"][..],
                "عودة المياه إلى المدينة | النهر",
                "عودة المياه إلى المدينة",
            ),
            (
                &["جريدة يومية مستقلة"],
                "عودة المياه إلى المدينة",
                "عودة المياه إلى المدينة",
            ),
            (
                &["المياه تعود إلى المدينة بعد شهر"],
                "عودة المياه إلى المدينة",
                "المياه تعود إلى المدينة بعد شهر",
            ),
            (&["عودة المياه"], "", "عودة المياه"),
            (&[], "", ""),
        ] {
            let flow = Flow {
                h1: h1s.iter().map(|h1| (*h1).to_owned()).collect(),
                title: own.to_owned(),
                ..Flow::default()
            };
            assert_eq!(title(&flow, &Meta::default()), expected);
        }
    }

    #[test]
    fn days() {
        assert_eq!(day("2020-03-13T10:00:00+03:00"), Some("2020-03-13"));
        assert_eq!(day("13/03/2020"), None);
        assert_eq!(day("١٣ آذار ٢٠٢٠"), None);
    }

    #[test]
    fn a_swollen_tag_is_refused() {
        assert_eq!(read(&format!("نص<p {}>", "a ".repeat(5000))).err(), Some(4));
    }
}

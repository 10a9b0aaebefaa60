//! Plain text into blocks: which lines stand alone, and which were only wrapped.

use khulasa_tokenizer::Span;

use super::boilerplate::is_addresses;
use super::kinds::Block;
use super::line::{End, Line, end};
use super::list::marker;
use super::site::{is_name, names_in};
use super::words::is_blank;

/// Characters that end a line.
pub(super) const BREAKS: [char; 7] = [
    '\n', '\r', '\u{0B}', '\u{0C}', '\u{85}', '\u{2028}', '\u{2029}',
];
/// Text is wrapped at some width up to this one, in characters; longer lines are paragraphs.
const MAX_WIDTH: usize = 160;
/// A narrower column than this is no wrapped prose but a list or a poem.
const MIN_WIDTH: usize = 40;
/// Fewer pairs of adjacent lines than this say nothing about wrapping.
const MIN_PAIRS: usize = 3;
/// At most this many site names are kept: more are not the names of one page's site.
const MAX_SITES: usize = 16;
/// A label before a colon has at most this many bytes.
const MAX_LABEL: usize = 60;

/// The blocks of a plain text, in order: a block is a line, or several that were wrapped.
///
/// Blank lines part blocks. Of the lines between them a line is taken to go on in the next one if
/// the text is wrapped and the next line's first word had no room left on it; so a text with a
/// paragraph on each line keeps its paragraphs.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let lines = lines(text);
    let width = wrap_width(text, &lines);
    let mut blocks: Vec<Block> = Vec::new();
    let mut previous: Option<&Span> = None;
    for line in &lines {
        if line.is_empty() {
            previous = None;
            continue;
        }
        let goes_on = previous.zip(width).is_some_and(|(before, width)| {
            is_wrapped(&text[before.clone()], &text[line.clone()], width)
        });
        match blocks.last_mut() {
            Some(block) if goes_on => block.span.end = line.end,
            _ => blocks.push(Block::new(line.clone())),
        }
        previous = Some(line);
    }
    blocks
}

/// The lines of a text without the blanks around them; a blank line is empty.
fn lines(text: &str) -> Vec<Span> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split(BREAKS) {
        let after_carriage_return = line.is_empty() && text[..start].ends_with('\r');
        if !(after_carriage_return && text[start..].starts_with('\n')) {
            lines.push(trim(text, start..start + line.len()));
        }
        start += line.len();
        start += text[start..].chars().next().map_or(0, char::len_utf8);
    }
    lines
}

/// A span without the blanks at its ends.
pub(super) fn trim(text: &str, span: Span) -> Span {
    let slice = &text[span.clone()];
    let start = span.start + (slice.len() - slice.trim_start_matches(is_blank).len());
    let end = start + text[start..span.end].trim_end_matches(is_blank).len();
    start..end
}

/// The width at which the text was wrapped, if it was: most lines that another follows must be
/// full, and most of the full ones must end in mid-sentence.
fn wrap_width(text: &str, lines: &[Span]) -> Option<usize> {
    let pairs = || {
        let both = |w: &&[Span]| !w[0].is_empty() && !w[1].is_empty();
        lines
            .windows(2)
            .filter(both)
            .map(|w| (&text[w[0].clone()], &text[w[1].clone()]))
    };
    let width = pairs()
        .filter_map(|(line, _)| width_of(line))
        .max()
        .filter(|width| *width >= MIN_WIDTH)?;
    let (mut all, mut full, mut open) = (0usize, 0usize, 0usize);
    for (line, next) in pairs() {
        all += 1;
        if is_full(line, next, width) {
            full += 1;
            open += usize::from(matches!(end(line), End::Open | End::Comma));
        }
    }
    (all >= MIN_PAIRS && full * 2 >= all && open * 2 >= full).then_some(width)
}

/// Characters in a line, unless there are more than [`MAX_WIDTH`].
fn width_of(line: &str) -> Option<usize> {
    let width = line.chars().take(MAX_WIDTH + 1).count();
    (width <= MAX_WIDTH).then_some(width)
}

/// Whether the next line's first word had no room left on this one.
fn is_full(line: &str, next: &str, width: usize) -> bool {
    let first = next.split_whitespace().next().unwrap_or_default();
    let first = width_of(first).unwrap_or(MAX_WIDTH);
    width_of(line).is_some_and(|length| length + 1 + first > width)
}

fn is_wrapped(line: &str, next: &str, width: usize) -> bool {
    let apart = |text: &str| is_addresses(&Line::new(text, false)) > 0.0;
    is_full(line, next, width) && marker(next).is_none() && !apart(line) && !apart(next)
}

/// The names, in Latin letters, of the site that a text comes from: those in its lines of
/// addresses, in order.
pub(super) fn site_names(text: &str, blocks: &[Block]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for block in blocks {
        let line = Line::new(&text[block.span.clone()], false);
        if is_addresses(&line) > 0.0 {
            for name in line.words.iter().flat_map(|word| names_in(word)) {
                if name.len() >= 3 && !names.contains(&name) && names.len() < MAX_SITES {
                    names.push(name);
                }
            }
        }
    }
    names
}

/// Parts the site's own name from the sentence it stands before: `مدينتي: افتتاح معرض …`.
pub(super) fn split_site_labels(text: &str, blocks: Vec<Block>, sites: &[String]) -> Vec<Block> {
    let mut parted = Vec::with_capacity(blocks.len());
    for block in blocks {
        let slice = &text[block.span.clone()];
        let colon = slice.bytes().take(MAX_LABEL).position(|b| b == b':');
        let label = colon.filter(|&at| sites.iter().any(|site| is_name(&slice[..at], site)));
        let Some(at) = label else {
            parted.push(block);
            continue;
        };
        let cut = block.span.start + at + 1;
        let rest = trim(text, cut..block.span.end);
        parted.push(Block {
            span: block.span.start..cut,
            ..block.clone()
        });
        if !rest.is_empty() {
            parted.push(Block {
                span: rest,
                ..block
            });
        }
    }
    parted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        blocks(text).iter().map(|b| &text[b.span.clone()]).collect()
    }

    #[test]
    fn every_kind_of_line_break() {
        let text = "أ\r\nب\rج\u{2028}د\n\n\u{200F}\nهـ \n";
        assert_eq!(texts(text), ["أ", "ب", "ج", "د", "هـ"]);
        assert_eq!(lines("أ\r\nب").len(), 2);
        assert_eq!(lines("أ\r\n\r\nب").len(), 3);
    }

    #[test]
    fn wrapped_lines_are_joined() {
        let text = "\
قالت البلدية في بيان أصدرته مساء أمس إن فرقها انتهت من إصلاح شبكة
المياه في الأحياء القديمة، وإن الضخ سيعود إلى طبيعته خلال يومين،
مشيرة إلى أن الأعطال نتجت عن موجة البرد الأخيرة.
وأضافت أن الكلفة بلغت مليوني ليرة، دفعت البلدية نصفها من موازنتها
وتكفلت الجمعيات الأهلية بالباقي.

ودعت السكان إلى ترشيد الاستهلاك.";
        let texts = texts(text);
        assert_eq!(texts.len(), 3, "{texts:#?}");
        assert!(texts[0].ends_with("البرد الأخيرة."));
        assert!(texts[1].ends_with("بالباقي."));
    }

    #[test]
    fn a_paragraph_on_each_line_stays_one() {
        let text = "\
عنوان الخبر الأول
افتتحت الوزيرة صباح أمس مستشفى جديداً في المدينة يضم مئتي سرير، بحضور عدد من الأطباء والمسؤولين.
وقالت إن المشروع استغرق ثلاث سنوات.
وسيبدأ المستشفى باستقبال المرضى مطلع الشهر المقبل، على أن تعمل أقسامه كلها قبل نهاية العام الحالي.
من يمول المشروع؟
تكفلت بالتمويل ثلاث جمعيات محلية جمعت التبرعات من المغتربين خلال حملة استمرت عاماً كاملاً.";
        assert_eq!(texts(text).len(), 6);
    }

    #[test]
    fn poems_and_lists_stay_lines() {
        assert_eq!(texts("بيت أول\nبيت ثان\nبيت ثالث\nبيت رابع").len(), 4);
    }

    #[test]
    fn site_labels() {
        let text = "مدينتي: افتتاح معرض الكتاب\nmadinati.com twitter.com/madinati\nوقال: لا";
        let blocks = blocks(text);
        let sites = site_names(text, &blocks);
        assert_eq!(sites, ["madinati"]);
        let parted = split_site_labels(text, blocks, &sites);
        let texts: Vec<_> = parted.iter().map(|b| &text[b.span.clone()]).collect();
        assert_eq!(texts[..2], ["مدينتي:", "افتتاح معرض الكتاب"]);
        assert_eq!(texts[3], "وقال: لا");
    }
}

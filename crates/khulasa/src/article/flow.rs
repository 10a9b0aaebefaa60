//! The text of a page in reading order, cut where a browser would begin a new line or box.
//!
//! It works on tags, not on a tree: any page is read in one pass, however deep or broken.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use khulasa_tokenizer::Span;

use super::kinds::Block;
use super::read::MAX_LINES;
use super::{Kind, lines};

/// A page's text and its blocks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Flow {
    /// Blocks parted by blank lines; line breaks inside them are those of `<br>` and `<pre>`.
    pub text: String,
    /// Its blocks, in order.
    pub blocks: Vec<Block>,
    /// The page's `<title>`.
    pub title: String,
    /// The texts of its first few `<h1>`.
    pub h1: Vec<String>,
}

/// Reads a page, or a part of one.
pub(super) fn flow(html: &str) -> Flow {
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    while let html5ever::TokenizerResult::Script(()) = tokenizer.feed(&input) {}
    tokenizer.end();
    tokenizer.sink.0.into_inner().finish()
}

#[derive(Default)]
struct Sink(RefCell<State>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) => state.characters(&text),
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => return state.start(&tag),
            Token::TagToken(tag) => state.end(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Elements whose content is not text to read.
const HIDDEN: &[&str] = &[
    "script", "style", "noscript", "template", "svg", "math", "select", "textarea", "iframe",
    "object", "audio", "video", "canvas", "noembed", "noframes", "title",
];

/// Elements that stand around the article: what they hold is boilerplate.
const AROUND: &[&str] = &[
    "nav", "header", "footer", "aside", "menu", "dialog", "button",
];

/// Elements that begin and end a block.
const BLOCKS: &[&str] = &[
    "p",
    "div",
    "section",
    "article",
    "main",
    "ul",
    "ol",
    "dl",
    "table",
    "tr",
    "td",
    "th",
    "caption",
    "blockquote",
    "pre",
    "figure",
    "fieldset",
    "address",
    "details",
    "summary",
    "center",
    "body",
    "html",
    "hr",
    "hgroup",
    "legend",
];

/// More `<h1>` than this are not kept.
const MAX_H1: usize = 8;

#[derive(Default)]
struct State {
    flow: Flow,
    /// What the blocks found so far are, in the order of the text.
    boxes: Vec<Block>,
    links: Vec<Span>,
    /// How many lines were written: nothing is read beyond [`MAX_LINES`].
    lines: usize,
    /// Where the block being read begins.
    start: usize,
    /// Whether whitespace was read that is not written yet, and line breaks likewise.
    space: bool,
    breaks: usize,
    /// The hidden element being read, and how many of its name are open.
    hidden: Option<(&'static str, usize)>,
    /// How many elements of [`AROUND`] are open.
    around: usize,
    link: Option<usize>,
    heading: Option<Kind>,
    quote: bool,
    caption: bool,
    item: bool,
    lists: usize,
    preformatted: bool,
    title: bool,
}

impl State {
    fn characters(&mut self, text: &str) {
        if self.title {
            self.flow.title.push_str(text);
        }
        if self.hidden.is_some() || self.lines > MAX_LINES {
            return;
        }
        for c in text.chars() {
            if self.preformatted && c == '\n' {
                self.breaks += 1;
            } else if c.is_whitespace() || c == '\0' {
                self.space = true;
            } else {
                self.write_gap();
                self.flow.text.push(c);
            }
        }
    }

    /// Writes the whitespace that stands between what was written and what will be.
    fn write_gap(&mut self) {
        if self.flow.text.len() > self.start {
            self.lines += self.breaks.min(2);
            match self.breaks {
                0 if self.space => self.flow.text.push(' '),
                0 => {}
                1 => self.flow.text.push('\n'),
                _ => self.flow.text.push_str("\n\n"),
            }
        }
        (self.space, self.breaks) = (false, 0);
    }

    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        if let Some((hidden, open)) = &mut self.hidden {
            let breaks_out = BLOCKS.contains(&name) && matches!(*hidden, "svg" | "math" | "select");
            if !breaks_out {
                *open += usize::from(*hidden == name);
                return TokenSinkResult::Continue;
            }
            self.hidden = None;
        }
        if let Some(&hidden) = HIDDEN.iter().find(|&&hidden| hidden == name) {
            if !tag.self_closing {
                self.hidden = Some((hidden, 1));
                self.title = name == "title" && self.flow.title.is_empty();
            }
            return match name {
                "script" => TokenSinkResult::RawData(RawKind::ScriptData),
                "style" | "iframe" | "noembed" | "noframes" => {
                    TokenSinkResult::RawData(RawKind::Rawtext)
                }
                "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
                _ => TokenSinkResult::Continue,
            };
        }
        match name {
            "br" => self.breaks += 1,
            "a" => {
                self.end_link();
                self.link = Some(self.flow.text.len());
            }
            "main" | "article" => {
                self.flush();
                self.around = 0;
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.flush();
                if name == "h1" {
                    self.around = 0;
                }
                self.heading = Some(if name == "h1" {
                    Kind::Title
                } else {
                    Kind::Heading
                });
            }
            "li" | "dt" | "dd" => {
                self.flush();
                self.item = true;
            }
            "figcaption" => {
                self.flush();
                self.caption = true;
            }
            _ if AROUND.contains(&name) => {
                self.flush();
                self.around += 1;
            }
            _ if BLOCKS.contains(&name) => {
                self.flush();
                self.quote |= name == "blockquote";
                self.preformatted |= name == "pre";
                self.lists += usize::from(matches!(name, "ul" | "ol" | "dl"));
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }

    fn end(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        if let Some((hidden, open)) = &mut self.hidden {
            if *hidden == name {
                *open -= 1;
                if *open == 0 {
                    self.hidden = None;
                    self.title = false;
                }
            }
            return;
        }
        match name {
            "a" => self.end_link(),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.flush(),
            "li" | "dt" | "dd" => {
                self.flush();
                self.item = false;
            }
            "figcaption" => {
                self.flush();
                self.caption = false;
            }
            "ul" | "ol" | "dl" => {
                self.flush();
                self.lists = self.lists.saturating_sub(1);
                self.item = self.lists > 0;
            }
            _ if AROUND.contains(&name) => {
                self.flush();
                self.around = self.around.saturating_sub(1);
            }
            _ if BLOCKS.contains(&name) => {
                self.flush();
                self.quote &= name != "blockquote";
                self.preformatted &= name != "pre";
            }
            _ => {}
        }
    }

    fn end_link(&mut self) {
        if let Some(start) = self.link.take() {
            self.links.push(start..self.flow.text.len());
        }
    }

    /// Ends the block being read, if there is anything in it.
    fn flush(&mut self) {
        (self.space, self.breaks) = (false, 0);
        if self.flow.text.len() > self.start {
            self.lines += 2;
            let span = self.start..self.flow.text.len();
            if self.heading == Some(Kind::Title) && self.flow.h1.len() < MAX_H1 {
                self.flow
                    .h1
                    .push(self.flow.text[span.clone()].replace('\n', " "));
            }
            let hint = if self.around > 0 {
                Some(Kind::Boilerplate)
            } else if self.heading.is_some() {
                Some(Kind::Heading)
            } else if self.item {
                Some(Kind::ListItem)
            } else {
                (self.quote || self.caption).then_some(Kind::Body)
            };
            self.boxes.push(Block {
                span,
                hint,
                linked: false,
            });
            self.flow.text.push_str("\n\n");
            self.start = self.flow.text.len();
        }
        self.heading = None;
    }

    fn finish(mut self) -> Flow {
        self.flush();
        self.end_link();
        let mut flow = self.flow;
        flow.text.truncate(flow.text.trim_end().len());
        flow.title = flow.title.split_whitespace().collect::<Vec<_>>().join(" ");
        let links = Links::new(&flow.text, &self.links);
        let mut boxes = self.boxes.iter().peekable();
        flow.blocks = lines::blocks(&flow.text);
        for block in &mut flow.blocks {
            while boxes.next_if(|b| b.span.end <= block.span.start).is_some() {}
            block.hint = boxes.peek().and_then(|b| b.hint);
            block.linked = links.cover(&block.span);
        }
        flow
    }
}

/// Which of a text's characters are link text.
struct Links<'a> {
    text: &'a str,
    /// Links that hold text, in order, and apart.
    spans: Vec<Span>,
}

impl<'a> Links<'a> {
    fn new(text: &'a str, links: &[Span]) -> Self {
        let spans = links.iter().map(|link| {
            let end = link.end.min(text.len());
            lines::trim(text, link.start.min(end)..end)
        });
        Self {
            text,
            spans: spans.filter(|span| !span.is_empty()).collect(),
        }
    }

    /// Whether all that can be read in a span is link text.
    fn cover(&self, span: &Span) -> bool {
        let first = self.spans.partition_point(|link| link.end <= span.start);
        let mut at = span.start;
        for link in self.spans[first..]
            .iter()
            .take_while(|link| link.start < span.end)
        {
            let between = &self.text[at..link.start.max(at)];
            if between.chars().any(char::is_alphanumeric) {
                return false;
            }
            at = link.end.min(span.end);
        }
        at > span.start && !self.text[at..span.end].chars().any(char::is_alphanumeric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> Vec<(String, Option<Kind>, bool)> {
        let flow = flow(html);
        let block = |b: &Block| (flow.text[b.span.clone()].to_owned(), b.hint, b.linked);
        flow.blocks.iter().map(block).collect()
    }

    fn texts(html: &str) -> Vec<String> {
        read(html).into_iter().map(|(text, _, _)| text).collect()
    }

    #[test]
    fn blocks_and_line_breaks() {
        assert_eq!(
            texts("<p>أول\n  سطر<p>ثان<div>ثالث<div>رابع</div>خامس"),
            ["أول سطر", "ثان", "ثالث", "رابع", "خامس"]
        );
        assert_eq!(texts("أول<br>ثان<br/><br>ثالث"), ["أول", "ثان", "ثالث"]);
        assert_eq!(texts("<pre>أول\nثان</pre>"), ["أول", "ثان"]);
        assert_eq!(
            texts("<b>قا</b>ل <i>إن</i>&nbsp;ه &laquo;نعم&raquo; &#1606;"),
            ["قال إن ه «نعم» ن"]
        );
        assert_eq!(
            texts("<table><tr><td>أ<td>ب<tr><td>ج</table>"),
            ["أ", "ب", "ج"]
        );
    }

    #[test]
    fn what_is_hidden() {
        let page = "<title>عنوان &amp; موقع</title><style>p{}</style><script>'<p>لا'</script>\
                    <svg><title>لا</title><text>لا</text></svg><noscript>لا</noscript>\
                    <!-- لا --><p>نعم<textarea>لا</textarea></p>";
        assert_eq!(texts(page), ["نعم"]);
        assert_eq!(flow(page).title, "عنوان & موقع");
        assert_eq!(texts("<svg><p>نعم"), ["نعم"]);
    }

    #[test]
    fn hints() {
        use Kind::{Body, Boilerplate, Heading, ListItem};
        let page = "<nav><ul><li>قائمة</ul></nav><h1>عنوان</h1><p>نص<h2>فصل</h2>\
                    <ul><li>بند<ul><li>فرع</ul>بقية</ul><p>نص<blockquote><p>قول</blockquote>\
                    <figure><figcaption>شرح</figcaption></figure><footer>ذيل</footer>";
        let hints: Vec<_> = read(page).into_iter().map(|(_, hint, _)| hint).collect();
        assert_eq!(
            hints,
            [
                Some(Boilerplate),
                Some(Heading),
                None,
                Some(Heading),
                Some(ListItem),
                Some(ListItem),
                Some(ListItem),
                None,
                Some(Body),
                Some(Body),
                Some(Boilerplate),
            ]
        );
        assert_eq!(flow(page).h1, ["عنوان"]);
    }

    #[test]
    fn links_are_seen() {
        let linked: Vec<_> = read(
            "<p><a href=x>كله</a> | <a href=y>رابط</a></p><p>بعضه <a href=x>رابط</a></p>\
             <p><a href=z>لا نهاية",
        )
        .into_iter()
        .map(|(_, _, linked)| linked)
        .collect();
        assert_eq!(linked, [true, false, true]);
    }
}

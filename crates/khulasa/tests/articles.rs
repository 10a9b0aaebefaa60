//! Articles and pages are read, and every part of them is told apart.

use std::path::{Path, PathBuf};

use khulasa::Kind::{self, Body, Boilerplate, Byline, Dateline, Heading, ListItem, Title};
use khulasa::{Article, Error, Format, Language, ReadOptions};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn read(name: &str) -> Article {
    Article::read(fixture(name), &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// Checks an article's paragraphs against their kinds and how they begin.
fn assert_parts(article: &Article, expected: &[(Kind, &str)]) {
    let parts: Vec<_> = article
        .paragraphs
        .iter()
        .map(|p| (p.kind, article.slice(&p.span)))
        .collect();
    for (at, (part, expected)) in parts.iter().zip(expected).enumerate() {
        assert_eq!(part.0, expected.0, "{at}: {}", part.1);
        assert!(
            part.1.starts_with(expected.1),
            "{at}: {} is not {}",
            part.1,
            expected.1
        );
    }
    assert_eq!(parts.len(), expected.len(), "{parts:#?}");
    assert_sound(article);
}

/// What holds for every article: spans lie on character borders, in order and apart; sentences lie
/// in their paragraphs; and nothing but blanks is left out.
fn assert_sound(article: &Article) {
    let unseen = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || ('\u{200B}'..='\u{206F}').contains(&c)
            || c == '\u{FEFF}'
    };
    let blank = |range: std::ops::Range<usize>| article.text[range].chars().all(unseen);
    let mut at = 0;
    for paragraph in &article.paragraphs {
        let span = &paragraph.span;
        assert!(at <= span.start && span.start < span.end);
        assert!(
            blank(at..span.start),
            "lost: {}",
            &article.text[at..span.start]
        );
        let mut inner = span.start;
        for sentence in &paragraph.sentences {
            assert!(inner <= sentence.start && sentence.end <= span.end);
            assert!(sentence.start < sentence.end);
            assert!(
                blank(inner..sentence.start),
                "lost: {}",
                &article.text[inner..sentence.start]
            );
            inner = sentence.end;
        }
        assert!(
            blank(inner..span.end),
            "lost: {}",
            &article.text[inner..span.end]
        );
        at = span.end;
    }
    assert!(
        blank(at..article.text.len()),
        "lost: {}",
        &article.text[at..]
    );
}

#[test]
fn agency_text() {
    let article = read("texts/agency.txt");
    assert_parts(
        &article,
        &[
            (Dateline, "14/05/2019 الشأن اللبناني"),
            (Title, "وادي الزيتون يفتتح"),
            (Boilerplate, "مدينتي:"),
            (Body, "سكان القرى يشربون"),
            (Boilerplate, "madinati.example facebook.com"),
            (Body, "افتتحت بلدية وادي الزيتون"),
            (Body, "وأضاف"),
            (Body, "وكتب وزير الطاقة على تويتر"),
            (Body, "14 قرية ستصلها المياه"),
            (Heading, "من بنى المحطة؟"),
            (Body, "بنت المحطة شركة"),
            (Body, "وبلغت الكلفة 3.5"),
        ],
    );
    assert_eq!(article.encoding, "UTF-8");
    assert_eq!(article.language, Language::Arabic);
    assert_eq!(article.undecodable, 0);
    assert!(article.title().unwrap().ends_with("ثلاثين قرية"));
    let sentences = article.paragraphs.last().unwrap().sentences.len();
    assert_eq!(sentences, 2);
}

#[test]
fn newspaper_text_with_a_paragraph_on_each_line() {
    assert_parts(
        &read("texts/newspaper.txt"),
        &[
            (Boilerplate, "الرئيسية / أخبار"),
            (Title, "حرائق الصيف"),
            (Byline, "كتبت: ليلى حداد"),
            (Dateline, "الثلاثاء ١٤ آب"),
            (Boilerplate, "1532 مشاهدة"),
            (Boilerplate, "شارك الخبر:"),
            (Body, "أتت النيران"),
            (Body, "في 12 آب 2018 اندلع"),
            (Boilerplate, "اقرأ أيضاً:"),
            (Body, "شارك مئات المتطوعين"),
            (Heading, "كلفة باهظة"),
            (Body, "قدرت وزارة"),
            (Body, "فيسبوك كان وسيلة"),
            (Heading, "هل يعود الحرج"),
            (Body, "يحتاج الصنوبر"),
            (Boilerplate, "المصدر: وكالات"),
            (Boilerplate, "كلمات مفتاحية:"),
            (Boilerplate, "جميع الحقوق"),
            (Boilerplate, "مواضيع ذات صلة"),
            (Boilerplate, "حملة لتنظيف"),
            (Boilerplate, "المزارعون يطالبون"),
        ],
    );
}

#[test]
fn wrapped_report_with_lists() {
    let article = read("texts/ngo.txt");
    assert_parts(
        &article,
        &[
            (Title, "تقييم سريع"),
            (Dateline, "بيروت، 3 نيسان 2021"),
            (Body, "أجرت فرق المنظمة"),
            (Body, "وتبين أن"),
            (Heading, "أبرز النتائج"),
            (ListItem, "- يبعد أقرب"),
            (ListItem, "- تعتمد 70%"),
            (ListItem, "- لا توجد"),
            (Body, "وتوصي المنظمة"),
            (ListItem, "1. توفير عيادة"),
            (ListItem, "2. فتح صفوف"),
            (Heading, "لمحة عن المنظمة"),
            (Body, "تأسست المنظمة"),
            (Boilerplate, "للتواصل:"),
        ],
    );
    assert!(
        article
            .slice(&article.paragraphs[2].span)
            .ends_with("منذ عام 2019.")
    );
}

#[test]
fn news_page() {
    let article = read("pages/news.html");
    assert_parts(
        &article,
        &[
            (Title, "مكتبة متنقلة تجوب قرى الجبل"),
            (Byline, "نور الأسعد"),
            (Dateline, "2021-11-09"),
            (Body, "في صباح كل يوم"),
            (Body, "بدأت الحكاية عام 2016"),
            (Boilerplate, "اقرأ أيضاً: معرض"),
            (Heading, "قراء صغار"),
            (Body, "ينتظر الأطفال"),
            (Body, "أطفال يختارون"),
            (Body, "ونشر كمال على فيسبوك"),
            (Heading, "من يدفع ثمن"),
            (Body, "لا تتلقى المكتبة"),
            (Boilerplate, "فيسبوك | تويتر"),
        ],
    );
    assert_eq!(article.title(), Some("مكتبة متنقلة تجوب قرى الجبل"));
    assert!(article.text.contains("«لم أحتمل أن تبقى الكتب في الصناديق"));
    assert!(
        article
            .text
            .contains("قبل وصولها بساعة، ويستعير كل منهم ثلاثة كتب لمدة أسبوعين. وتقول")
    );
}

#[test]
fn old_page_of_tables_and_line_breaks() {
    let article = read("pages/old.html");
    assert_eq!(article.encoding, "windows-1256");
    assert_eq!(article.title(), Some("صيادو السردين وأسرار البحر القديم"));
    let kinds_of = |start: &str| {
        let mut with = article
            .paragraphs
            .iter()
            .filter(|p| article.slice(&p.span).starts_with(start));
        let kind = with.next().map(|p| p.kind);
        assert!(with.next().is_none(), "{start} is there twice");
        kind
    };
    for (start, kind) in [
        ("بقلم: عادل", Byline),
        ("لا يزال أبو خليل", Body),
        ("يقول أبو خليل", Body),
        ("شباك جديدة", Heading),
        ("دخلت الشباك", Body),
        ("واليوم لا يخرج", Body),
    ] {
        assert_eq!(kinds_of(start), Some(kind), "{start}");
    }
    let prose = article
        .paragraphs
        .iter()
        .filter(|p| p.kind.is_prose())
        .count();
    assert_eq!(prose, 4);
    assert_sound(&article);
}

#[test]
fn report_page_with_lists() {
    assert_parts(
        &read("pages/ngo.html"),
        &[
            (Title, "تعليم الفتيات في الأرياف خلال عام 2022"),
            (Byline, "جمعية المنارة"),
            (Dateline, "2022-12-01"),
            (Body, "أصدرت جمعية المنارة"),
            (Heading, "ملخص النتائج"),
            (ListItem, "ارتفعت نسبة"),
            (ListItem, "تقطع كل فتاة"),
            (ListItem, "تترك ثلث"),
            (ListItem, "كلفة النقل"),
            (ListItem, "العمل في الأرض"),
            (ListItem, "الزواج المبكر."),
            (Heading, "أصوات من الميدان"),
            (Body, "أمشي ساعة"),
            (Body, "هكذا تلخص ريم"),
            (Heading, "التوصيات"),
            (ListItem, "تأمين نقل"),
            (ListItem, "صرف منح"),
            (Body, "ويمكن الاطلاع"),
        ],
    );
}

const SENTENCE: &str =
    "قالت البلدية أمس إن فرقها انتهت من إصلاح شبكة المياه في الأحياء القديمة كلها. ";

fn from(bytes: &[u8]) -> Result<Article, Error> {
    Article::from_bytes("خبر.txt", bytes, &ReadOptions::default())
}

#[test]
fn encodings() {
    let utf16: Vec<u8> = "\u{FEFF}"
        .chars()
        .chain(SENTENCE.chars())
        .flat_map(|c| (c as u16).to_le_bytes())
        .collect();
    let with_mark = format!("\u{FEFF}{SENTENCE}");
    for (bytes, encoding) in [
        (SENTENCE.as_bytes(), "UTF-8"),
        (with_mark.as_bytes(), "UTF-8"),
        (&utf16, "UTF-16LE"),
    ] {
        let article = from(bytes).unwrap();
        assert_eq!(article.encoding, encoding);
        assert_eq!(
            article.slice(&article.paragraphs[0].span),
            SENTENCE.trim_end()
        );
    }
    let cut = &SENTENCE.as_bytes()[..SENTENCE.trim_end().len() - 2];
    let article = from(cut).unwrap();
    assert_eq!(article.encoding, "UTF-8");
    assert_eq!(article.undecodable, 1);
}

#[test]
fn what_is_no_article_is_refused_and_why() {
    let long_file = vec![b'a'; (128 << 20) + 1];
    let many_lines = "خبر\n".repeat(1_000_001);
    let swollen = format!("<html><p {}>{SENTENCE}", "a ".repeat(2000));
    let english = "The municipality said yesterday that its teams had repaired the water network.";
    let persian = "شهرداری دیروز گفت که گروه‌های آن تعمیر شبکه آب را در همه محله‌های قدیمی به پایان رسانده‌اند و آب از پس‌فردا وصل می‌شود.";
    let urdu = "بلدیہ نے کل کہا کہ اس کی ٹیموں نے پرانے محلوں میں پانی کے نظام کی مرمت مکمل کر لی ہے اور پانی دو دن میں بحال ہو جائے گا۔";
    for (bytes, message) in [
        (&b""[..], "has no text in it"),
        (" \n\u{FEFF}\n".as_bytes(), "has no text in it"),
        ("<html><script>أ</script>".as_bytes(), "has no text in it"),
        ("؟؟ ... !!! 123".as_bytes(), "has no letters"),
        (b"%PDF-1.4 ...", "is no text but a PDF file"),
        (&[0, 1, 2, 3, 200, 0, 7][..], "is no text but"),
        (&long_file, "the limit is 134217728 bytes"),
        (many_lines.as_bytes(), "the limit is 1000000 lines"),
        (swollen.as_bytes(), "thousands of attributes"),
        (english.as_bytes(), "not Arabic"),
        (persian.as_bytes(), "Persian"),
        (urdu.as_bytes(), "Urdu"),
    ] {
        let error = from(bytes).unwrap_err().to_string();
        assert!(error.starts_with("خبر.txt: "), "{error}");
        assert!(error.contains(message), "{error} does not say {message}");
    }
}

#[test]
fn force_goes_on() {
    let options = ReadOptions {
        force: true,
        ..ReadOptions::default()
    };
    let article = Article::from_bytes("a", b"Some English text.", &options).unwrap();
    assert_ne!(article.language, Language::Arabic);
    assert_eq!(article.paragraphs.len(), 1);
}

#[test]
fn format_can_be_said() {
    let page = format!("<p>{SENTENCE}</p>");
    let as_text = ReadOptions {
        format: Some(Format::Text),
        ..ReadOptions::default()
    };
    assert!(
        Article::from_bytes("a", page.as_bytes(), &as_text)
            .unwrap()
            .text
            .contains("<p>")
    );
    assert!(!from(page.as_bytes()).unwrap().text.contains("<p>"));
}

#[test]
fn files_that_cannot_be_read() {
    let folder = fixture("texts");
    let message = |path: &Path| {
        Article::read(path, &ReadOptions::default())
            .unwrap_err()
            .to_string()
    };
    assert!(message(&folder).ends_with("texts: is a folder: name the files in it"));
    assert!(message(&fixture("missing.txt")).contains("missing.txt: cannot be read: "));
}

#[test]
fn hostile_pages_and_texts_are_read_in_linear_time() {
    let pages = [
        format!("{}{SENTENCE}", "<div>".repeat(100_000)),
        format!("{}{SENTENCE}", "<p><font color=a>ق".repeat(20_000)),
        format!("<body>{}{SENTENCE}", "&".repeat(1_000_000)),
        format!("<body>{}{SENTENCE}", "<a href=x>ق".repeat(50_000)),
        format!("<html>{}", SENTENCE.repeat(10_000)),
        format!("<div><p>{SENTENCE}</div></b></span></table><td>{SENTENCE}<li>{SENTENCE}<!-- "),
        format!("<html><p>{SENTENCE}</p"),
        SENTENCE.repeat(10_000),
        "قال ".repeat(60_000),
        "ق".repeat(200_000),
        format!("سطر\n{}", "كلمة\n".repeat(100_000)),
        "مدينتي:".repeat(10_000),
        "ق.ق/a.b قال ".repeat(30_000),
    ];
    let started = std::time::Instant::now();
    for page in pages {
        let article = from(page.as_bytes()).unwrap();
        assert!(
            article.paragraphs.iter().any(|p| p.kind != Boilerplate),
            "{}",
            &article.text[..80]
        );
        assert_sound(&article);
    }
    assert!(started.elapsed().as_secs() < 60);
}

#[test]
fn text_cut_anywhere_stays_sound() {
    for name in ["texts/agency.txt", "texts/newspaper.txt", "texts/ngo.txt"] {
        let text = std::fs::read_to_string(fixture(name)).unwrap();
        for (at, _) in text.char_indices().step_by(7) {
            assert_sound(&Article::from_text(name, &text[..at]));
            assert_sound(&Article::from_text(name, &text[at..]));
        }
    }
    for name in ["pages/news.html", "pages/ngo.html"] {
        let page = std::fs::read(fixture(name)).unwrap();
        for at in (600..page.len()).step_by(97) {
            if let Ok(article) = from(&page[..at]) {
                assert_sound(&article);
            }
        }
    }
}

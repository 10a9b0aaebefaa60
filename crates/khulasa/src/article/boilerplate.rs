//! Which lines are no part of the article: site names, share bars, "read also", counters.
//!
//! What is taken for boilerplate is not translated, so a line must give good reason. Each rule
//! looks at one trait and gives it a weight; at [`ENOUGH`] the line is boilerplate. A sentence that
//! mentions a platform, quotes an address or begins like a "read also" line stays text.

use super::line::{End, Line};
use super::site::{is_address, is_name};
use super::words::bare;

/// The sum of weights from which a line is boilerplate.
const ENOUGH: f32 = 1.0;

/// Whether a line is boilerplate, on a page of the sites of these names.
pub(super) fn is_boilerplate(line: &Line<'_>, sites: &[String]) -> bool {
    if !line.is_short() {
        return false;
    }
    let weight: f32 = RULES.iter().map(|rule| rule(line)).sum();
    weight + is_sentence(line) >= ENOUGH || is_site_name(line, sites)
}

const RULES: &[fn(&Line<'_>) -> f32] = &[
    has_no_words,
    is_addresses,
    is_share_bar,
    has_lead,
    has_label,
    is_counter,
    is_path,
    is_copyright,
    is_disclaimer,
    is_credit,
    is_link,
];

/// Ornaments and rulers: nothing to read.
fn has_no_words(line: &Line<'_>) -> f32 {
    weight(line.words.is_empty(), 1.0)
}

/// Handles and hashtags, or web addresses with at most two words to introduce them.
pub(super) fn is_addresses(line: &Line<'_>) -> f32 {
    let addresses = line.words.iter().filter(|w| is_address(w)).count();
    let tags = line
        .words
        .iter()
        .filter(|w| w.starts_with(['#', '@']))
        .count();
    let others = line.words.len() - addresses;
    weight(
        addresses > 0 && (others == 0 || (others <= 2 && tags == 0)),
        1.0,
    )
}

/// Most words name platforms or what a reader does there.
fn is_share_bar(line: &Line<'_>) -> f32 {
    let counted = || line.folded_words().filter(|w| !NEUTRAL.contains(w));
    let (all, share) = (
        counted().count(),
        counted().filter(|w| is_share_word(w)).count(),
    );
    weight(share > 0 && share * 4 >= all * 3, 1.0)
}

fn is_share_word(word: &str) -> bool {
    SHARE.contains(&word) || word.strip_prefix('و').is_some_and(|w| SHARE.contains(&w))
}

/// Begins with a phrase that leads away from the article. Alone, before a colon or with a share
/// word that is enough; otherwise the line must be short and no sentence.
fn has_lead(line: &Line<'_>) -> f32 {
    let Some(rest) = LEADS.iter().find_map(|lead| after(&line.folded, lead)) else {
        return 0.0;
    };
    let share = rest
        .split(' ')
        .any(|w| is_share_word(bare(w)) || is_address(w));
    let words = line.words.len();
    0.6 + weight(share || is_label(rest), 0.6) + weight(words <= 8 && line.end == End::Open, 0.4)
}

/// A label such as "source" or "tags", alone or before a colon.
fn has_label(line: &Line<'_>) -> f32 {
    let label = |label: &&str| after(&line.folded, label).is_some_and(is_label);
    weight(LABELS.iter().any(label), 1.0)
}

/// Whether what went before `rest` is a label: nothing follows, or a colon does.
fn is_label(rest: &str) -> bool {
    bare(rest).is_empty() || rest.trim_start().starts_with([':', '|', '»', '>'])
}

/// A number of comments, views or shares, with or without a label.
fn is_counter(line: &Line<'_>) -> f32 {
    let numbers = line
        .folded_words()
        .filter(|w| w.bytes().all(|b| b.is_ascii_digit()))
        .count();
    let counted = line.folded_words().filter(|w| COUNTED.contains(w)).count();
    let words = line.folded_words().count();
    weight(
        numbers > 0 && counted > 0 && numbers + 2 * counted >= words,
        1.0,
    )
}

/// Breadcrumbs and menus: short pieces between separators, no sentence.
fn is_path(line: &Line<'_>) -> f32 {
    let separators = [
        " > ", " » ", " › ", " | ", " / ", " \\ ", " ← ", " · ", " • ",
    ];
    let longest_piece = |s: &str| {
        line.folded
            .split(s)
            .map(|p| p.split(' ').count())
            .max()
            .unwrap_or(0)
    };
    let is_path = separators.iter().any(|s| {
        let cuts = line.folded.matches(s).count();
        let home = line.folded.starts_with("الرييسيه") || line.folded.starts_with("home");
        (cuts >= 2 && longest_piece(s) <= 3) || (cuts >= 1 && home)
    });
    weight(
        is_path && line.end == End::Open && !line.text.contains('«'),
        1.0,
    )
}

/// All rights reserved.
fn is_copyright(line: &Line<'_>) -> f32 {
    let rights = [
        "جميع الحقوق محفوظه",
        "كافه الحقوق محفوظه",
        "حقوق النشر محفوظه",
        "all rights reserved",
    ];
    let sign = line.text.contains('©') || line.folded.starts_with("copyright");
    let said = rights.iter().any(|r| line.folded.contains(r));
    weight((sign || said) && line.words.len() <= 25, 2.0)
}

/// Whose opinion an article is and whose it is not.
fn is_disclaimer(line: &Line<'_>) -> f32 {
    let says = |words| line.folded.contains(words);
    let opinion = says("اراء") || says("راي");
    let disclaimed = says("بالضروره") || says("لا تعبر عن") || says("لا يعبر عن");
    weight(opinion && disclaimed && line.words.len() <= 20, 2.0)
}

/// Who owns a picture: "صورة أرشيفية (رويترز)", "Getty Images".
fn is_credit(line: &Line<'_>) -> f32 {
    let owners = line.folded_words().filter(|w| OWNERS.contains(w)).count();
    let pictures = line.folded_words().filter(|w| PICTURES.contains(w)).count();
    let words = line.folded_words().count();
    weight(owners > 0 && words >= 2 && owners + pictures == words, 1.0)
}

/// All of it leads elsewhere, and it is no sentence.
fn is_link(line: &Line<'_>) -> f32 {
    weight(
        line.linked && line.words.len() <= 20 && line.end != End::Stop,
        1.0,
    )
}

/// Speaks against: several words that end in a full stop.
fn is_sentence(line: &Line<'_>) -> f32 {
    -weight(line.words.len() >= 6 && line.end == End::Stop, 0.7)
}

/// The name of the page's own site, alone on the line.
fn is_site_name(line: &Line<'_>, sites: &[String]) -> bool {
    let name = line.text.trim();
    let name = name.strip_prefix("موقع ").unwrap_or(name);
    line.words.len() <= 4 && sites.iter().any(|site| is_name(name, site))
}

/// Whether a line leads to other articles and says nothing else: "read also", "related".
pub(super) fn is_related_lead(line: &Line<'_>) -> bool {
    RELATED
        .iter()
        .any(|lead| after(&line.folded, lead).is_some_and(|rest| bare(rest).is_empty()))
}

fn weight(holds: bool, weight: f32) -> f32 {
    if holds { weight } else { 0.0 }
}

/// What follows a lead at the start of a folded line, if it ends there as a word.
fn after<'a>(folded: &'a str, lead: &str) -> Option<&'a str> {
    let start = folded.trim_start_matches(|c: char| !c.is_alphanumeric());
    let rest = start.strip_prefix(lead)?;
    (!rest.starts_with(char::is_alphanumeric)).then_some(rest)
}

/// Words of share bars, folded.
#[rustfmt::skip]
const SHARE: &[&str] = &[
    "فيسبوك", "فيس", "بوك", "الفيسبوك", "تويتر", "تويتير", "واتساب", "واتس", "الواتساب",
    "تلغرام", "تليغرام", "تيليجرام", "تلجرام", "انستغرام", "انستجرام", "يوتيوب", "لينكد",
    "لينكدان", "بينتيريست", "ماسنجر", "شارك", "شاركها", "مشاركه", "المشاركه", "للمشاركه", "طباعه",
    "اطبع", "غرد", "تغريد", "تغريده", "ارسال", "ارسل", "نسخ", "انسخ", "حفظ", "ايميل",
    "facebook", "twitter", "x", "whatsapp", "telegram", "youtube", "instagram", "linkedin",
    "pinterest", "messenger", "email", "print", "share", "tweet", "copy", "link", "rss",
];

/// Words between those of a share bar that say nothing either way, folded.
#[rustfmt::skip]
const NEUTRAL: &[&str] = &[
    "علي", "عبر", "في", "من", "الي", "هذا", "هذه", "المقال", "الخبر", "الماده", "الصفحه", "الرابط",
    "رابط", "اب", "ان", "البريد", "الالكتروني", "صديق", "on", "via", "this", "to", "و", "او",
];

/// Phrases that lead away from the article, folded.
#[rustfmt::skip]
const LEADS: &[&str] = &[
    "اقرا ايضا", "اقرا المزيد", "اقرا اكثر", "اقرا كذلك", "اقراوا ايضا", "اقريي ايضا",
    "للمزيد اقرا", "طالع ايضا", "طالع المزيد", "شاهد ايضا", "شاهد بالفيديو", "شاهدوا ايضا",
    "انظر ايضا", "تابعونا", "تابعنا", "تابعوا صفحتنا", "تابعوا قناتنا", "تابع صفحتنا",
    "تابع قناتنا", "انضم الي قناتنا", "انضموا الي قناتنا", "اشترك في نشرتنا", "اشترك في قناتنا",
    "اشترك الان", "اشتركوا في نشرتنا", "اشتركوا في قناتنا", "سجل الان", "اضغط هنا", "انقر هنا",
    "حمل التطبيق", "حمل تطبيق", "حملوا تطبيق", "مواضيع ذات صله", "مواضيع متعلقه",
    "مقالات ذات صله", "اخبار ذات صله", "موضوعات متعلقه", "مواضيع مشابهه", "قد يهمك", "قد يعجبك",
    "قد يهمكم", "الاكثر قراءه", "الاكثر مشاهده", "الاكثر تداولا", "اضف تعليق", "اضف تعليقا",
    "اترك تعليق", "اترك تعليقا", "اترك ردا", "لا توجد تعليقات", "التعليقات مغلقه", "شارك المقال",
    "شارك الخبر", "شارك هذا", "شاركنا رايك", "نستخدم ملفات تعريف الارتباط",
    "هذا الموقع يستخدم ملفات", "read also", "read more", "see also", "follow us", "subscribe",
    "leave a comment",
];

/// Labels of what is no part of the text, folded.
#[rustfmt::skip]
const LABELS: &[&str] = &[
    "المصدر", "المصادر", "رابط المصدر", "رابط الخبر", "كلمات مفتاحيه", "الكلمات المفتاحيه",
    "كلمات دلاليه", "الكلمات الدلاليه", "الوسوم", "وسوم", "الاوسمه", "تاغات", "ذات صله",
    "التصنيف", "التصنيفات", "tags", "tag", "keywords", "related", "source",
];

/// Those of the above that other articles' titles follow, folded.
#[rustfmt::skip]
const RELATED: &[&str] = &[
    "اقرا ايضا", "اقرا المزيد", "اقرا كذلك", "طالع ايضا", "شاهد ايضا", "مواضيع ذات صله",
    "مواضيع متعلقه", "مقالات ذات صله", "اخبار ذات صله", "موضوعات متعلقه", "مواضيع مشابهه",
    "ذات صله", "قد يهمك", "قد يهمك ايضا", "قد يعجبك", "قد يعجبك ايضا", "الاكثر قراءه",
    "الاكثر مشاهده", "read also", "read more", "see also", "related",
];

/// What counters count, folded.
#[rustfmt::skip]
const COUNTED: &[&str] = &[
    "تعليق", "تعليقا", "تعليقات", "التعليقات", "مشاهده", "مشاهدات", "المشاهدات", "مشاركه", "مشاركات",
    "المشاركات", "زياره", "زيارات", "الزيارات", "قراءه", "قراءات", "القراءات", "للقراءه", "القراءه",
    "دقايق", "دقيقه", "اعجاب", "اعجابا", "اعجابات", "متابع", "عدد", "مده", "وقت",
    "views", "comments", "comment", "shares", "likes", "min", "read",
];

/// Whom pictures belong to and what kind they are, folded.
#[rustfmt::skip]
const OWNERS: &[&str] = &[
    "ارشيف", "ارشيفيه", "الارشيف", "تعبيريه", "رويترز", "غيتي", "جيتي", "فرانس", "برس", "الاناضول",
    "الانترنت", "انترنت", "getty", "images", "reuters", "afp", "epa",
];

/// Words for a picture, folded.
const PICTURES: &[&str] = &["صوره", "الصوره", "صور", "تصوير", "من", "عن", "photo", "via"];

#[cfg(test)]
mod tests {
    use super::*;

    fn boilerplate(text: &str) -> bool {
        is_boilerplate(&Line::new(text, false), &["madinati".to_owned()])
    }

    #[test]
    fn lines_that_are_boilerplate() {
        for line in [
            "* * *",
            "-----",
            "madinati.com facebook.com/madinati.net twitter.com/madinati",
            "للتواصل: info@example.org",
            "https://example.org/2020/03/13/story",
            "#حلب #سوريا",
            "مدينتي",
            "موقع مدينتي",
            "فيسبوك تويتر واتساب تلغرام",
            "فيسبوك | تويتر | واتساب",
            "شارك على فيسبوك",
            "مشاركة عبر البريد الإلكتروني",
            "Share on Facebook",
            "اقرأ أيضاً: خطة جديدة لإعادة تأهيل المدارس في الريف الشمالي من المحافظة",
            "إقرأ المزيد",
            "تابعونا على فيسبوك وتويتر ليصلكم كل جديد من أخبار المدينة",
            "اشترك في نشرتنا البريدية",
            "المصدر: رويترز + وكالات",
            "المصدر",
            "كلمات مفتاحية: سوريا، المدارس، التعليم",
            "Tags: سوريا",
            "مواضيع ذات صلة",
            "جميع الحقوق محفوظة © 2020",
            "جميع الحقوق محفوظة لصحيفة المدينة.",
            "الرئيسية / أخبار / سوريا",
            "الرئيسية » أخبار محلية",
            "أخبار | رياضة | ثقافة | رأي",
            "0 تعليق",
            "عدد القراءات: 1532",
            "٣٥ مشاهدة",
            "3 دقائق للقراءة",
            "صورة أرشيفية (رويترز)",
            "Getty Images",
            "أضف تعليقاً",
            "الآراء الواردة في المقال تعبر عن صاحبها ولا تعبر بالضرورة عن رأي الصحيفة.",
            "واتس آب",
        ] {
            assert!(boilerplate(line), "{line}");
        }
    }

    #[test]
    fn prose_that_is_not_boilerplate() {
        for line in [
            "كتب الوزير على تويتر أن الحكومة ستعلن خطتها غداً.",
            "أغلقت شركة فيسبوك مئات الحسابات المزيفة",
            "وقال الموقع example.org إن الأرقام غير دقيقة",
            "المصدر الذي تحدث إلى الصحيفة رفض الكشف عن اسمه.",
            "المصدر الأول للدخل في المنطقة هو الزراعة، ثم تأتي بعدها التجارة",
            "تابعنا على مدى ثلاثة أعوام ما جرى لسكان القرية بعد الفيضان.",
            "شارك مئات المتظاهرين في المسيرة",
            "شارك في المؤتمر وزراء من عشرين دولة.",
            "اشترك في الهجوم أكثر من مئة مقاتل، بحسب ما قال شهود",
            "من هو الراوي؟",
            "ثلاث دقائق غيرت حياة القرية",
            "قتل 3 أشخاص وأصيب 5 آخرون",
            "«حراس النهر» | شهادات من الداخل",
            "المصدر نفسه قال ذلك",
            "صور جديدة",
            "يعبر السكان عن آرائهم كل يوم جمعة في ساحة المدينة.",
            "فيسبوك وتويتر والانتخابات",
            "#مي_تو في مصر",
            "المزيد من الضحايا",
            "آب 2020",
            "2011",
            "سوريا",
            "المزيد من الأدلة على تورط الشركة في التجارة بالآثار ظهر أمس خلال المحاكمة.",
        ] {
            assert!(!boilerplate(line), "{line}");
        }
    }

    #[test]
    fn links() {
        let linked = |text| is_boilerplate(&Line::new(text, true), &[]);
        assert!(linked("خطة جديدة لإعادة تأهيل المدارس"));
        assert!(!linked(
            "أعلنت الوزارة خطة جديدة لإعادة تأهيل المدارس في الريف."
        ));
    }
}

//! Where sentences end: the cases, and what holds for any text.

use std::time::{Duration, Instant};

use khulasa_tokenizer::sentences::split;

/// Each is a paragraph; `|` stands where one sentence ends and the next begins, and is not part of
/// it.
const CASES: &[&str] = &[
    // Marks.
    "قال الرئيس ذلك.| وأضاف الوزير هذا.",
    "هل جاء؟| نعم جاء!| ثم ذهب.",
    "هذا سطر بلا نقطة",
    "من هو القيصر؟",
    "أحقا؟!| نعم.",
    "غير معقول!!!| ومع ذلك حدث.",
    "السؤال: لماذا؟| الجواب: لأن الأمر كذلك.",
    "Is it true?| نعم، هو كذلك.",
    "جاء أحمد، ثم علي، ثم سعيد.",
    "وصل الوزير؛ ثم غادر.",
    "سطر أول\n|سطر ثان",
    // No space after the mark.
    "انتهى الاجتماع.|وقال المتحدث إنه ناجح.",
    "حدث ذلك في عام 2014.|وكان الأمر صعبا.",
    "هل انتهت الحرب؟|لا أحد يعرف.",
    "قال إنه «متفائل».|وغادر القاعة.",
    // Numbers.
    "بلغت النسبة 3.5 في المئة.| وارتفعت إلى ٣٫٥ بعد ذلك.",
    "نسبة 5.2% و 7.1% معا.",
    "وقع ذلك في 13.03.2020 مساء.| ثم انتهى.",
    "في 13/03/2020 حدث ذلك.",
    "الساعة 10.30 صباحا.| وصل الوفد.",
    "كان ذلك عام 2011.| وبعدها تغير كل شيء.",
    "بلغ السعر 1,250.75 دولارا.| وهو رقم قياسي.",
    "حدث ذلك بين عامي 2011 و2013.| وقال إنه يذكره.",
    "يبدأ شهر رمضان لعام 1447هـ.| وأعلنت المحكمة ذلك.",
    "على طريق حلب اللاذقية المعروف بـ M4.| ويختم حديثه.",
    "الإصدار 2.0.1 متاح الآن.",
    // Abbreviations and initials.
    "قال د. أحمد إن الوضع جيد.| وافق أ.د. سمير.",
    "التقى م. خالد بالوفد.",
    "حضر أ. سعيد و أ. منى الاجتماع.",
    "في القرن الثالث ق.م. بنيت المدينة.",
    "ولد سنة 1440 هـ.| وعاش في مكة.",
    "توفي سنة 675 هـ.| «أنا أجيء كل عام»، تقول زائرة.",
    "عاد عام 1950 م.| واستقر في حلب.",
    "ولد عام 505 هـ. (1111 م) في طوس.",
    "انظر ص. 5 من الكتاب، ج. 2.",
    "كتبت ج. ك. رولينغ الرواية.| ثم نشرتها.",
    "يدير جورج ر. ر. مارتن المشروع.",
    "نقلت ذلك وكالة أ.ف.ب. عن مصدر.",
    "نقلت ذلك وكالة أ.ف.ب.| وقال مصدر إن العدد أكبر.",
    "باع التفاح والموز إلخ.| ثم أغلق الدكان.",
    "وقالت U.S. officials ذلك.",
    "سكن في الشقة No. 7 قبل أن يرحل.",
    "كتب Mr. Smith رسالة.| ولم يرد أحد.",
    "أعلنت شركة Apple Inc. أرباحها.",
    "هذا ما يعرفه كل د.",
    // Addresses and file names.
    "زار موقع example.com أمس.| ثم كتب إلى a.b@example.org فورا.",
    "التفاصيل على https://www.example.com/news?id=5&x=1. |ولا شيء غيرها.",
    "افتح الملف report.final.pdf ثم اقرأه.",
    // Ellipses.
    "انتظر...| ثم عاد.",
    "انتظر…| وعاد بعد ساعة.",
    "قال إنه... سيعود.",
    "كل شيء ممكن..., كما قال.",
    "… ثم عاد إلى بيته.",
    // Quotations.
    "قال: «لن نعود.»| ثم خرج.",
    "قال «لا!»، ثم خرج.",
    "قالت \"هذا غير مقبول.\"| وغادرت القاعة.",
    "\"القيصر\" لقب أطلق على عسكري.",
    "وأضاف \"لم نر سياسات حازمة من أي من الإدارتين\"، في إشارة إلى الرئيس.| انتهى.",
    "وأضاف \" زاد القتل في كل مكان \".| ثم سكت.",
    "وقال: \" لن نقبل بذلك . \"| وانتهى المؤتمر.",
    "وتابع: «جئت لأرى بعيني. لو كان مفتوحا لكانت بيننا».| ثم بكى.",
    "«لم أفكر في الأمر. فكرت في أمي»، أضافت بصوت خافت.",
    "«ماذا بقي لنا؟» تسأل المرأة وهي تنظر إلى الركام.",
    "«لن نرحل!» صرخ الرجل في وجه الجندي.",
    "عاد برنامج «من سيربح المليون؟» إلى الشاشة.",
    "سأل: «متى تعودون؟»| ولم يجبه أحد.",
    "قال “لن نعود.”| وخرج.",
    "قال ”لن نعود.“| وخرج.",
    "كتب على الجدار «ارحل.».| ثم مضى.",
    // Brackets.
    "ذهب (انظر ص. 5. وما بعدها) إلى البيت.| عاد.",
    "حضر الجميع (هل تصدق؟) ولم يتكلم أحد.",
    "انتهى العرض.| (صفق الجمهور طويلا.)| ثم خرج الناس.",
    "وصل [مصدر: الوكالة.] الوفد أمس.",
    // Lists.
    "1. البند الأول.| 2. البند الثاني.",
    "١. البند الأول",
    "أ. البند الأول",
    "2- البند الثاني.",
    "• بند. |• بند آخر.",
    "– هل ستعود؟| – لا.",
];

/// Expected ends that the notation above cannot say.
fn expected(case: &str) -> (String, Vec<String>) {
    // Dots before a word of the same sentence cannot be told from dots that end one.
    let case = case.replace("إنه... سيعود", "إنه...| سيعود");
    let text = case.replace('|', "");
    (text, case.split('|').map(|s| s.trim().to_owned()).collect())
}

#[test]
fn cases() {
    let mut wrong = Vec::new();
    for case in CASES {
        let (text, expected) = expected(case);
        let found: Vec<_> = split(&text).into_iter().map(|s| &text[s]).collect();
        if found != expected {
            wrong.push(found.join("|"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn semicolons_only_where_it_is_long() {
    let clause = "كلمة ".repeat(25);
    let counts = |text: &str| -> Vec<_> {
        let spans = split(text).into_iter();
        spans.map(|s| text[s].split_whitespace().count()).collect()
    };
    assert_eq!(counts("كلمة؛ كلمة أخرى."), [3]);
    assert_eq!(counts(&format!("{clause}؛ كلمة.")), [27]);
    assert_eq!(counts(&format!("{clause}، {clause}.")), [52]);
    assert_eq!(
        counts(&format!("كلمة؛ كلمة؛ {clause}؛ {clause}.")),
        [28, 26]
    );
    assert_eq!(counts(&format!("قال «{clause}؛ {clause}».")), [53]);
}

#[test]
fn long_quotations_are_split() {
    let sentence = format!("{}كلمة.", "كلمة ".repeat(24));
    let text = format!("قال: «{sentence} {sentence} {sentence}» وغادر.");
    assert_eq!(split(&text).len(), 3, "{text}");
}

#[test]
fn a_quotation_that_never_closes_does_not_swallow_the_rest() {
    let text = format!("قال: «لن نعود. {}", "ثم خرج الناس. ".repeat(200));
    assert!(split(&text).len() > 150);
}

/// A linear congruential generator: the same texts every time.
fn random(alphabet: &[char], length: usize, state: &mut u64) -> String {
    let next = || {
        *state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        alphabet[(*state >> 33) as usize % alphabet.len()]
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[test]
fn nothing_is_lost() {
    let alphabet: Vec<char> = "ابج د.!؟?…\"«»“”()[؛،:\n\t 12٣x.A هـ.\u{200f}\u{64b}\u{2028}👍"
        .chars()
        .collect();
    let mut state = 7;
    for length in 0..3000 {
        let text = random(&alphabet, length % 97, &mut state);
        let spans = split(&text);
        let mut end = 0;
        for span in &spans {
            assert!(span.start >= end, "{text:?}");
            assert!(text[end..span.start].trim().is_empty(), "{text:?}");
            let sentence = &text[span.clone()];
            assert!(
                !sentence.is_empty() && sentence.trim() == sentence,
                "{text:?}"
            );
            end = span.end;
        }
        assert!(text[end..].trim().is_empty(), "{text:?} {spans:?}");
    }
}

#[test]
fn hostile_texts_take_linear_time() {
    let start = Instant::now();
    let blank = " ".repeat(100_000);
    for piece in [
        "«أ!» قال ",
        "(1. ",
        "«أ. ",
        "كلمة",
        ".",
        "\"",
        "(ب",
        "((",
        "«",
        "ا.",
        "؟ ",
        "إ. ",
        "! «",
        "؟\u{200f}",
        "؛",
        "…",
        ". . ",
        "«ا. ",
        "1. ",
    ] {
        let text = format!("{blank}{}", piece.repeat(1_000_000 / piece.len()));
        split(&text);
        split(&format!("أ{text}{blank}"));
    }
    assert!(start.elapsed() < Duration::from_secs(20));
}

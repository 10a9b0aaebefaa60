//! The arguments, and every word of `--help`.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use khulasa::render::OutputFormat;
use khulasa::{DeviceChoice, Encoding, Limits, Method, ModelOptions, Precision, ReadOptions};

const EXAMPLES: &str = "\
Examples:
  khulasa article.txt                                headline, summary and translation
  curl -s https://example.org/page | khulasa -       a page from standard input
  khulasa --format html --output page.html a.html    Arabic and English side by side
  khulasa --format jsonl folder/ > digests.jsonl     a folder of articles, one JSON line each
  khulasa summarize --summary-sentences 2 *.txt      summaries alone

Exit status: 0 done; 1 some articles failed, all others were delivered; 2 nothing could be done;
3 with --strict: done, and something in it is marked.
A file that is named like a command is reached as ./NAME.";

const EVAL_EXAMPLES: &str = "\
Examples:
  khulasa eval --source a.ar --reference a.en --tsv small.tsv     translate and measure
  khulasa eval --hypothesis b.en --reference a.en --source a.ar   measure somebody's translations
  khulasa eval --jsonl articles.jsonl                             summaries too
  khulasa eval --compare small.tsv large.tsv --report page.html   is one better than the other?";

/// Arabic articles in, English translations and short summaries out
///
/// Reads Arabic articles and writes an English translation and a short English summary of each,
/// with a model that runs on this machine. The result goes to standard output, everything else to
/// standard error.
#[derive(Debug, Parser)]
#[command(
    name = "khulasa",
    version,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do; the whole job if none is named.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The whole job's articles and options.
    #[command(flatten)]
    pub digest: DigestArgs,
}

/// What the program can do beside the whole job.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Translate articles, without summaries
    Translate(TranslateArgs),
    /// Summarize articles, without translations
    Summarize(DigestArgs),
    /// Show, fetch, check and remove models
    Models {
        /// What to show.
        #[command(subcommand)]
        command: ModelsCommand,
    },
    /// Measure how fast this machine works articles through
    Bench(BenchArgs),
    /// Measure how good translations and summaries are
    ///
    /// Translates a test set and scores the result against what people wrote: BLEU, chrF, chrF++
    /// and TER as sacrebleu gives them, ROUGE as rouge-score does, each with the interval in which
    /// 95 % of resampled test sets lie; flags, speed and memory beside them.
    #[command(after_help = EVAL_EXAMPLES)]
    Eval(EvalArgs),
    /// Print a completion script for a shell
    ///
    /// For bash: khulasa completions bash > ~/.local/share/bash-completion/completions/khulasa
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, in the form that man reads
    ///
    /// To read it: khulasa man | man -l -
    Man,
}

/// What there is to do with models.
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the models that are here or have a card, one a line
    List,
    /// Show a model's card: source, licence, quality, and how it is spoken to
    Show {
        /// A card's name, a card, a model's folder, a .gguf file or a name on the hub
        #[arg(default_value = khulasa::DEFAULT_MODEL)]
        model: String,
    },
    /// Fetch a model from the hub, or continue with that, and print the folder of its files
    ///
    /// Licence and size are shown first. HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN and
    /// HF_HUB_OFFLINE mean what they mean to the hub's Python library, and the cache is the same.
    Pull {
        /// A card's name, or a name on the hub: OWNER/NAME or OWNER/NAME@REVISION
        model: String,
        /// Show no progress
        #[arg(short, long)]
        quiet: bool,
    },
    /// Check the files of a model from the hub against what the hub promised; status 1 if one is
    /// wrong
    Verify {
        /// A card's name, or a name on the hub
        model: String,
    },
    /// Remove a model from the cache, in all its revisions
    Rm {
        /// A card's name, or a name on the hub
        model: String,
    },
    /// Print the path of a model's weights: a folder, or a .gguf file
    Path {
        /// A card's name, a card, a model's folder, a .gguf file or a name on the hub
        #[arg(default_value = khulasa::DEFAULT_MODEL)]
        model: String,
    },
}

/// The arguments of what makes summaries.
#[derive(Debug, Args)]
pub struct DigestArgs {
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub summary: SummaryArgs,
    #[command(flatten)]
    pub translation: TranslationArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub messages: MessageArgs,
}

/// The arguments of what makes none.
#[derive(Debug, Args)]
pub struct TranslateArgs {
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub translation: TranslationArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub messages: MessageArgs,
}

/// What is done so that translations can be trusted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Translation")]
pub struct TranslationArgs {
    /// Terms and the English that they are to have, one a line: Arabic, tab, English; or a Latin
    /// word alone, which is kept as it is
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub glossary: Option<PathBuf>,
    /// Leave translations as the model gave them: what is found in them is only marked
    #[arg(long)]
    pub no_repair: bool,
    /// End with status 3 if anything is marked in a translation, or misses a glossary's term
    #[arg(long)]
    pub strict: bool,
}

/// The arguments of a measurement.
#[derive(Debug, Args)]
pub struct BenchArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Work all articles through this many times
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = count(1_000_000))]
    pub runs: usize,
    /// Print the figures as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub model: ModelArgs,
}

/// The arguments of an evaluation.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// The Arabic, a sentence on every line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Test set")]
    pub source: Option<PathBuf>,
    /// Its English, line by line; may be given several times where there are several translations
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Test set")]
    pub reference: Vec<PathBuf>,
    /// Measure these translations instead of the model's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Test set")]
    pub hypothesis: Option<PathBuf>,
    /// Articles, one JSON object a line: {"title": [arabic, english], "sentences": [[arabic,
    /// english], …], "summary": english}; their summaries are measured too
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        help_heading = "Test set",
        conflicts_with_all = ["source", "reference", "hypothesis"]
    )]
    pub jsonl: Option<PathBuf>,
    /// Compare translations of the same test set with the first of them, by paired bootstrap: files
    /// of --tsv, or translations line by line with --reference
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        num_args = 2..,
        help_heading = "Test set",
        conflicts_with_all = ["hypothesis", "jsonl", "tsv"]
    )]
    pub compare: Vec<PathBuf>,
    /// Write a table with a line for every sentence: source, references, hypothesis, BLEU, chrF,
    /// log-probability, flags
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub tsv: Option<PathBuf>,
    /// Write a page with plots and the worst sentences
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub report: Option<PathBuf>,
    /// The form of the figures
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        help_heading = "Output"
    )]
    pub format: EvalFormat,
    /// Measure the translations as the model gave them: what is found in them is only marked
    #[arg(long, help_heading = "Translation")]
    pub no_repair: bool,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Show errors only, no progress
    #[arg(short, long, help_heading = "Messages")]
    pub quiet: bool,
}

/// A form of an evaluation's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum EvalFormat {
    /// To be read in a terminal
    #[default]
    Text,
    /// JSON
    Json,
}

/// Which articles, and how they are read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub struct InputArgs {
    /// Articles: files, folders (searched for .txt, .md, .html, .htm and .xhtml), or - for
    /// standard input
    #[arg(value_name = "FILE", required = true, help_heading = None, value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// The encoding of the files, such as windows-1256; detected unless given
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<Encoding>,
    /// Go on with texts that do not look like Arabic
    #[arg(long)]
    pub force: bool,
}

impl InputArgs {
    /// The library's options for reading.
    pub fn options(&self) -> ReadOptions {
        ReadOptions {
            encoding: self.encoding,
            force: self.force,
            ..ReadOptions::default()
        }
    }
}

/// Where the result goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// The form of the result
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: Format,
    /// Write to a file, which appears only when it is complete; in a folder, one file for each
    /// article
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub output: Option<PathBuf>,
}

/// A form of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// To be read in a terminal
    #[default]
    Text,
    /// The whole digest as indented JSON
    Json,
    /// The whole digest as JSON, one line for each article
    Jsonl,
    /// Markdown
    Md,
    /// A self-contained page, Arabic and English side by side
    Html,
}

impl Format {
    /// The ending of files in it.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Md => "md",
            Self::Html => "html",
        }
    }
}

impl From<Format> for OutputFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Json => Self::Json,
            Format::Jsonl => Self::Jsonl,
            Format::Md => Self::Markdown,
            Format::Html => Self::Html,
        }
    }
}

/// How summaries are made.
#[derive(Debug, Args)]
#[command(next_help_heading = "Summary")]
pub struct SummaryArgs {
    /// At most this many sentences
    #[arg(long, value_name = "N", default_value_t = Limits::default().sentences, value_parser = count(1000))]
    pub summary_sentences: usize,
    /// At most this many English words
    #[arg(long, value_name = "N", value_parser = count(1_000_000))]
    pub summary_words: Option<usize>,
    /// How summaries are made
    #[arg(long, value_name = "METHOD", value_enum, default_value_t)]
    pub summary_method: SummaryMethod,
    /// A model that writes the summaries, named as --model's; it goes before --summary-method
    #[arg(long, value_name = "MODEL")]
    pub summarizer: Option<String>,
}

impl SummaryArgs {
    /// The library's limits.
    pub fn limits(&self) -> Limits {
        Limits {
            sentences: self.summary_sentences,
            words: self.summary_words,
        }
    }
}

/// How summaries are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum SummaryMethod {
    /// Sentences of the article, chosen by a graph method, in translation
    #[default]
    Extractive,
    /// Written by the model
    Abstractive,
}

impl From<SummaryMethod> for Method {
    fn from(method: SummaryMethod) -> Self {
        match method {
            SummaryMethod::Extractive => Self::Extractive,
            SummaryMethod::Abstractive => Self::Abstractive,
        }
    }
}

/// Which model, and how it runs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Model")]
pub struct ModelArgs {
    /// A card's name (see `khulasa models list`), a model's folder, a .gguf file, or a name on the
    /// hub, from which it is fetched if it is not here
    #[arg(short, long, value_name = "MODEL", default_value = khulasa::DEFAULT_MODEL)]
    pub model: String,
    /// Where it runs: auto, cpu, cuda[:N] or metal[:N]
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceChoice,
    /// The type of its weights in memory: auto, f32, bf16, f16 or q8_0 (int8); auto is q8_0 on the
    /// CPU, which is fastest there, and bf16 elsewhere
    #[arg(long, value_name = "TYPE", default_value = "auto")]
    pub quantize: Precision,
    /// How many threads compute [default: one for each core]
    #[arg(long, value_name = "N", value_parser = count(1024))]
    pub threads: Option<usize>,
    /// Candidates that are kept for each sentence: more is slower and often better [default: as
    /// the model's card says]
    #[arg(long, value_name = "N", value_parser = count(64))]
    pub beam: Option<usize>,
    /// Never open a network connection, not even to fetch the model
    #[arg(long)]
    pub offline: bool,
}

impl ModelArgs {
    /// The library's options for models.
    pub fn options(&self) -> ModelOptions {
        ModelOptions {
            device: self.device,
            precision: self.quantize,
            threads: self.threads,
            beam: self.beam,
        }
    }
}

/// What is said on standard error.
#[derive(Debug, Args)]
#[command(next_help_heading = "Messages")]
pub struct MessageArgs {
    /// Show errors only, no progress
    #[arg(short, long)]
    pub quiet: bool,
    /// Tell what was found in each article, and how long it took
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// A count from 1 to `most`.
fn count(most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=most)
}

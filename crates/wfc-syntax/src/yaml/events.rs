//! The event parser behind an interface of our own. No other module names it.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{
    ErrorKind, Event as Raw, Options, Parser, ScalarStyle, ScanError, StrInput, StructureStyle,
    options,
};

use super::Style;
use crate::limits::MAX_DEPTH;

/// Something the parser met; ranges are bytes of the text it was given.
pub(super) enum Event<'t> {
    /// The document begins; was there a `---`?
    DocumentStart { explicit: bool },
    /// A scalar, decoded.
    Scalar {
        text: Cow<'t, str>,
        style: Style,
        anchor: usize,
        tag: Option<Tag>,
    },
    /// A list or mapping begins.
    Start {
        mapping: bool,
        flow: bool,
        anchor: usize,
        tag: Option<Tag>,
    },
    /// The innermost list or mapping ends.
    End,
    /// The name of the anchor on the node that was just reported.
    Anchor { id: usize, name: Cow<'t, str> },
    /// An alias of a known anchor.
    Alias(usize),
    /// An alias of an anchor that has not been set.
    UnresolvedAlias(Cow<'t, str>),
    /// What follows a `#`.
    Comment(Cow<'t, str>),
    /// The document ends; its range is that of the `...`, if there is one.
    DocumentEnd,
    /// Nothing that matters for the tree.
    Other,
}

/// A tag on a node.
pub(super) struct Tag {
    /// As a person would write it: `!!str`, `!secret`.
    pub(super) written: String,
    /// The name behind `!!`, if it is one of the core schema, and `!` for the
    /// tag that only says "not guessed".
    pub(super) core: Option<String>,
    pub(super) range: Range<usize>,
}

/// Where and why the parser could not go on.
pub(super) struct Failure {
    pub(super) offset: usize,
    pub(super) problem: Problem,
}

/// Why the parser could not go on, as far as it matters for what we say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    Tab,
    UnclosedQuote,
    /// Something follows a closing quote.
    AfterQuote,
    Escape,
    UnclosedFlow,
    MismatchedFlow,
    StrayClose,
    /// Something between two items of a flow collection.
    FlowSeparator,
    /// `: ` where no key can be.
    Colon,
    /// A line of a mapping is not `key: value`.
    NotAKey,
    /// A line begins in a column where nothing of its kind can begin.
    Column,
    /// `- ` where no list can begin.
    Dash,
    /// A character that cannot begin a value.
    Character(char),
    /// `&` or `*` without a name.
    AnchorName,
    Tag,
    /// `#` without a blank before it.
    Comment,
    /// What follows `|` or `>`.
    BlockHeader,
    /// The lines of a block scalar or a multi-line quote.
    BlockText,
    /// A comment between the lines of a plain scalar.
    CommentInText,
    Directive,
    /// Text after the end of the document.
    AfterDocument,
    Depth,
    Other,
}

/// The events of a text.
pub(super) struct Events<'t> {
    parser: Parser<'t, StrInput<'t>>,
}

impl<'t> Events<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Events {
            parser: Parser::new_from_str_with_options(text, settings()),
        }
    }

    /// The next event with its range; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Result<(Event<'t>, Range<usize>), Failure>> {
        Some(match self.parser.next_event()? {
            Ok((raw, span)) => {
                let range = span.byte_range().unwrap_or_default();
                Ok((convert(raw, &span), range))
            }
            Err(error) => Err(failure(&error)),
        })
    }
}

fn settings() -> Options {
    options! {
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        // A block text at the very end of a file has the line feeds it has.
        block_scalar_eof_without_line_feed: true,
        // Memory for comments is bounded by the size of the file.
        max_buffered_comment_events: usize::MAX,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    }
}

fn convert<'t>(raw: Raw<'t>, span: &granit_parser::Span) -> Event<'t> {
    let tag = |tag: Option<Cow<'t, granit_parser::Tag>>| {
        tag.map(|tag| Tag {
            core: match tag.core_suffix() {
                Some(name) => Some(name.to_owned()),
                None => (tag.original() == "!").then(|| "!".to_owned()),
            },
            written: tag.original(),
            range: span
                .tag_span()
                .and_then(|s| s.byte_range())
                .or_else(|| span.byte_range())
                .unwrap_or_default(),
        })
    };
    match raw {
        Raw::DocumentStart(explicit, _) => Event::DocumentStart { explicit },
        Raw::Scalar(text, style, anchor, t) => Event::Scalar {
            style: match style {
                // The parser writes `~` for a value that is not there.
                ScalarStyle::Plain if span.is_empty() => Style::Missing,
                ScalarStyle::Plain => Style::Plain,
                ScalarStyle::SingleQuoted => Style::SingleQuoted,
                ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                ScalarStyle::Literal => Style::Literal,
                ScalarStyle::Folded => Style::Folded,
            },
            text,
            anchor,
            tag: tag(t),
        },
        Raw::SequenceStart(style, anchor, t) => Event::Start {
            mapping: false,
            flow: style == StructureStyle::Flow,
            anchor,
            tag: tag(t),
        },
        Raw::MappingStart(style, anchor, t) => Event::Start {
            mapping: true,
            flow: style == StructureStyle::Flow,
            anchor,
            tag: tag(t),
        },
        Raw::SequenceEnd | Raw::MappingEnd => Event::End,
        Raw::Anchor(id, name) => Event::Anchor { id, name },
        Raw::Alias(id) => Event::Alias(id),
        Raw::UnresolvedAlias(name) => Event::UnresolvedAlias(name),
        Raw::Comment(text, _) => Event::Comment(text),
        Raw::DocumentEnd => Event::DocumentEnd,
        // The ends of the stream, and what a later version may add.
        _ => Event::Other,
    }
}

fn failure(error: &ScanError) -> Failure {
    use ErrorKind as K;
    let problem = match error.kind() {
        K::TabNotAllowed
        | K::TabInBlockIndentation
        | K::TabInIndentation
        | K::TabInPlainScalar
        | K::TabAtBlockScalarStart => Problem::Tab,
        K::UnclosedQuotedScalar | K::DocumentIndicatorInQuotedScalar => Problem::UnclosedQuote,
        K::InvalidTrailingSingleQuotedScalar | K::InvalidTrailingDoubleQuotedScalar => {
            Problem::AfterQuote
        }
        K::UnknownQuotedScalarEscape
        | K::InvalidQuotedScalarHexEscape
        | K::InvalidLowSurrogateHexEscape
        | K::InvalidLowSurrogate
        | K::MissingLowSurrogate
        | K::UnpairedLowSurrogate
        | K::InvalidUnicodeEscape => Problem::Escape,
        K::UnclosedFlowCollection { .. }
        | K::UnexpectedEofFlowSequence
        | K::UnexpectedEofFlowMapping
        | K::UnexpectedEofImplicitFlowMapping => Problem::UnclosedFlow,
        K::MismatchedFlowCollectionEnd { .. } => Problem::MismatchedFlow,
        K::MisplacedFlowCollectionEnd => Problem::StrayClose,
        K::ExpectedFlowMappingSeparator | K::ExpectedFlowSequenceSeparator => {
            Problem::FlowSeparator
        }
        K::MappingValueNotAllowed
        | K::InvalidColonPlacement
        | K::InvalidMappingValueWhitespace
        | K::FlowMappingValueAdjacentCollection => Problem::Colon,
        K::SimpleKeyExpected | K::InvalidSimpleKey => Problem::NotAKey,
        K::ExpectedBlockMappingKey
        | K::ExpectedBlockSequenceEntry
        | K::InvalidIndentation
        | K::MappingKeyNotAllowed
        | K::InvalidFlowScalarIndent => Problem::Column,
        K::BlockSequenceEntryNotAllowed
        | K::BlockEntryInFlowCollection
        | K::InvalidBlockEntryWhitespace => Problem::Dash,
        K::UnexpectedCharacter { character } => Problem::Character(*character),
        K::BomInsideDocument => Problem::Character(crate::text::BOM),
        K::PlainScalarStartsWithDashFlowIndicator => Problem::Character('-'),
        K::MissingAnchorOrAliasName => Problem::AnchorName,
        K::ExpectedTagBang
        | K::UndeclaredTagHandle
        | K::InvalidGlobalTagCharacter
        | K::InvalidTagTerminator
        | K::MissingTagUri
        | K::UnclosedVerbatimTag
        | K::InvalidTagEscape
        | K::InvalidTagUtf8LeadingByte
        | K::InvalidTagUtf8TrailingByte
        | K::InvalidTagUtf8 => Problem::Tag,
        K::CommentNotSeparated => Problem::Comment,
        K::ZeroBlockScalarIndent | K::InvalidBlockScalarHeader => Problem::BlockHeader,
        K::InvalidBlockScalarIndent | K::InvalidQuotedScalarIndent => Problem::BlockText,
        K::CommentInterceptedScalar => Problem::CommentInText,
        K::DuplicateVersionDirective
        | K::UnsupportedYamlMajorVersion
        | K::DuplicateTagDirective
        | K::MissingDocumentEndBeforeDirective
        | K::InvalidDirectiveTerminator
        | K::MissingYamlVersionSeparator
        | K::MissingDirectiveName
        | K::InvalidDirectiveName
        | K::DirectiveByteLimitExceeded { .. }
        | K::TooManyReservedDirectiveParams { .. }
        | K::YamlVersionTooLong
        | K::MissingYamlVersion
        | K::ExpectedTagDirectiveBang
        | K::InvalidTagDirectiveTerminator => Problem::Directive,
        K::InvalidDocumentEnd | K::ExpectedDocumentStart => Problem::AfterDocument,
        K::RecursionLimitExceeded => Problem::Depth,
        _ => Problem::Other,
    };
    Failure {
        offset: error.marker().byte_offset().unwrap_or(0),
        problem,
    }
}

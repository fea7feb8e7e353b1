//! The grammar of data, as a chumsky parser over the body of one list.
//!
//! ```text
//! body  = { doc } { { doc } ( skip | datum ) } { doc }
//! datum = quote { quote } [ simple ] | simple
//! simple = atom | list | broken
//! ```
//!
//! Inner lists are finished before their parents (see [`super::tree`]), so
//! `list` is one token here and the grammar needs no recursion. It accepts
//! every body: what is wrong becomes a diagnostic and an error datum, and
//! the rest of the body is read as it stands.

use chumsky::prelude::*;
use wfc_diag::{Applicability, Diagnostic, FileId, Span, codes};

use super::token::TokenKind;
use super::tree::{Piece, PieceKind, Tree};
use super::{Datum, DatumKind, literal};

/// Reads every body of the tree; returns the data of the file.
pub(super) fn read(
    file: FileId,
    text: &str,
    tree: &Tree,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Datum> {
    let mut state = extra::SimpleState(Reader {
        file,
        text,
        lists: Vec::with_capacity(tree.bodies.len()),
        diagnostics,
    });
    let grammar = body();
    for range in &tree.bodies {
        let pieces = &tree.pieces[range.clone()];
        let read = grammar.parse_with_state(pieces, &mut state);
        // The grammar is total, so there is no output only if it has a hole;
        // then the list is empty and the hole is reported, not hidden.
        let (data, faults) = read.into_output_errors();
        for fault in faults {
            state.hole(pieces, *fault.span());
        }
        state.lists.push(data.unwrap_or_default());
    }
    state.lists.pop().unwrap_or_default()
}

/// What the grammar's actions need.
struct Reader<'s, 'd> {
    file: FileId,
    text: &'s str,
    /// The finished lists, by number; a list is taken once.
    lists: Vec<Vec<Datum>>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

type Extra<'s, 'd> = extra::Full<Cheap, extra::SimpleState<Reader<'s, 'd>>, ()>;

/// The data read so far, and how many `#;` still wait for one.
#[derive(Default)]
struct Body {
    data: Vec<Datum>,
    skips: Vec<Span>,
}

impl Body {
    fn datum(&mut self, docs: &[Piece], mut datum: Datum, line: u32, text: &str) {
        if self.skips.pop().is_none() {
            datum.doc = doc(docs, line, text);
            self.data.push(datum);
        }
    }
}

enum Item {
    Skip(Span),
    Datum(Datum, u32),
}

fn body<'p, 's: 'p, 'd: 'p>() -> impl Parser<'p, &'p [Piece], Vec<Datum>, Extra<'s, 'd>> {
    // Every production is a parser of this one shape of input and state.
    fn typed<'p, 's: 'p, 'd: 'p, T>(
        parser: impl Parser<'p, &'p [Piece], T, Extra<'s, 'd>> + Copy,
    ) -> impl Parser<'p, &'p [Piece], T, Extra<'s, 'd>> + Copy {
        parser
    }

    let doc = typed(select! { piece @ Piece { kind: PieceKind::Doc, .. } => piece });
    let skip = select! { Piece { kind: PieceKind::Skip, span, .. } => Item::Skip(span) };
    let quote = typed(select! { piece @ Piece { kind: PieceKind::Quote, .. } => piece });
    let simple = typed(select! {
        piece @ Piece { kind: PieceKind::Atom(_) | PieceKind::List(_) | PieceKind::Broken, .. } => piece
    });

    let quoted = quote
        .then(quote.repeated())
        .map(|(first, ())| first)
        .then(simple.or_not())
        .map_with(|(quote, what), e| e.state().quoted(quote, what));
    let plain = simple.map_with(|piece, e| Item::Datum(e.state().datum(piece), piece.line));

    let item = doc
        .repeated()
        .collect::<Vec<Piece>>()
        .then(choice((plain, quoted, skip)));
    empty()
        .map(|()| Body::default())
        .foldl_with(item.repeated(), |mut body, (docs, item), e| {
            match item {
                Item::Skip(span) => body.skips.push(span),
                Item::Datum(datum, line) => body.datum(&docs, datum, line, e.state().text),
            }
            body
        })
        .then_ignore(doc.repeated())
        .then_ignore(end())
        .map_with(|body, e| {
            e.state().idle_skips(&body.skips);
            body.data
        })
}

impl Reader<'_, '_> {
    fn datum(&mut self, piece: Piece) -> Datum {
        let kind = match piece.kind {
            PieceKind::List(number) => {
                let list = self.lists.get_mut(number);
                DatumKind::List(list.map(std::mem::take).unwrap_or_default())
            }
            PieceKind::Atom(kind) => self.atom(kind, piece.span),
            _ => DatumKind::Error,
        };
        Datum {
            kind,
            span: piece.span,
            doc: None,
        }
    }

    fn atom(&mut self, kind: TokenKind, span: Span) -> DatumKind {
        let text = text_of(self.text, span);
        let number = match kind {
            TokenKind::Int => literal::int(text, span),
            TokenKind::Float => literal::float(text, span),
            TokenKind::Symbol => match literal::grouped_digits(text, span) {
                Some(found) => Err(found),
                None => Ok(DatumKind::Symbol(text.to_owned())),
            },
            TokenKind::Bool => Ok(DatumKind::Bool(text == "true")),
            TokenKind::Keyword => Ok(DatumKind::Keyword(text[1..].to_owned())),
            TokenKind::Heredoc => Ok(DatumKind::Str(literal::heredoc(text))),
            TokenKind::Str => Ok(DatumKind::Str(literal::string(
                self.file,
                text,
                span.start as usize,
                self.diagnostics,
            ))),
            _ => Ok(DatumKind::Error),
        };
        number.unwrap_or_else(|found| {
            self.diagnostics.push(found);
            DatumKind::Error
        })
    }

    /// A datum another Lisp would quote.
    fn quoted(&mut self, quote: Piece, what: Option<Piece>) -> Item {
        let mark = text_of(self.text, quote.span);
        let found = Diagnostic::new(
            codes::LISP_SYNTAX,
            quote.span,
            format!("`{mark}` does not quote: nothing here is data until it is run"),
        )
        .label("not part of the language")
        .help("write text as a string `\"…\"`, a list of values as `(list …)`, and an enum's member as `Enum.member`");
        self.diagnostics.push(found.replace(
            quote.span,
            "",
            format!("delete the `{mark}`"),
            Applicability::Unsafe,
        ));
        let span = what.map_or(quote.span, |what| quote.span.to(what.span));
        let datum = Datum {
            kind: DatumKind::Error,
            span,
            doc: None,
        };
        Item::Datum(datum, quote.line)
    }

    fn idle_skips(&mut self, skips: &[Span]) {
        for &span in skips {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::LISP_SYNTAX,
                    span,
                    "this `#;` has nothing to comment out",
                )
                .label("no datum follows in this list")
                .replace(span, "", "delete the `#;`", Applicability::Safe),
            );
        }
    }

    fn hole(&mut self, pieces: &[Piece], at: SimpleSpan) {
        let Some(piece) = pieces.get(at.start).or_else(|| pieces.last()) else {
            return;
        };
        self.diagnostics.push(
            Diagnostic::new(codes::LISP_SYNTAX, piece.span, "this cannot be read")
                .label("unexpected here"),
        );
    }
}

fn text_of(text: &str, span: Span) -> &str {
    text.get(span.start as usize..span.end as usize)
        .unwrap_or("")
}

/// The text of the doc comments that stand directly above `line`.
fn doc(docs: &[Piece], line: u32, text: &str) -> Option<String> {
    let above = docs
        .iter()
        .rev()
        .zip(1..)
        .take_while(|(doc, distance)| doc.line.checked_add(*distance) == Some(line))
        .count();
    let lines: Vec<&str> = docs[docs.len() - above..]
        .iter()
        .map(|doc| {
            let text = text_of(text, doc.span);
            let text = text.get(3..).unwrap_or("");
            text.strip_prefix(' ').unwrap_or(text).trim_end()
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

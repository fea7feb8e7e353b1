//! What the words of a document are: forms and names of Workflow Lisp, and
//! keys of the YAML DSL.

use std::path::Path;

use wfc_compiler::lisp::{self, ItemDoc};
use wfc_compiler::project::Project;
use wfc_compiler::{Loader, Options, OsLoader, yaml};
use wfc_diag::{SourceFile, Sources, Span};
use wfc_syntax::yaml::{Node, parse};

use crate::analysis::{Documents, Overlay};
use crate::position::{Encoding, Position, Range};

/// A text about a place, as Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) range: Range,
    pub(crate) text: String,
}

/// Something that may stand at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) name: String,
    /// How it is written.
    pub(crate) detail: String,
    /// What it is, as Markdown.
    pub(crate) text: String,
}

/// A document, and what is around it.
pub(crate) struct Place<'a> {
    pub(crate) path: &'a Path,
    pub(crate) workspace: &'a Path,
    pub(crate) documents: &'a Documents,
    pub(crate) encoding: Encoding,
}

impl Place<'_> {
    /// What stands at a position of the document.
    pub(crate) fn about(&self, at: Position) -> Option<About> {
        let text = &self.documents.get(self.path)?.text;
        let mut sources = Sources::default();
        let id = sources.add("document", text.clone());
        let file = sources.file(id);
        let offset = self.encoding.offset(file, at);
        match self.is_lisp() {
            true => self.lisp(file, offset),
            false => {
                let (document, _) = parse(id, text);
                let root = document?.root;
                let (span, path) = key_at(&root, offset)?;
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                Some(About {
                    range: self.encoding.range(file, span.start, span.end),
                    text: yaml::about_key(&path)?,
                })
            }
        }
    }

    /// What may be written at a position of a Lisp document: its forms, and
    /// the definitions in reach.
    pub(crate) fn offers(&self, at: Position) -> Vec<Offer> {
        let Some(document) = self.documents.get(self.path).filter(|_| self.is_lisp()) else {
            return Vec::new();
        };
        let mut sources = Sources::default();
        let id = sources.add("document", document.text.clone());
        let file = sources.file(id);
        let offset = self.encoding.offset(file, at);
        let begun = word_at(&file.text, offset).map_or("", |(start, _)| &file.text[start..offset]);
        let forms = lisp::builtins().map(|form| Offer {
            name: form.name.to_owned(),
            detail: form.shape,
            text: form.about.to_owned(),
        });
        let items = self.items().into_iter().map(|item| Offer {
            detail: format!("{} of {}", item.kind, item.file),
            text: page(&item),
            name: item.name,
        });
        let mut offers: Vec<Offer> = items.chain(forms).collect();
        offers.retain(|offer| offer.name.starts_with(begun));
        offers.sort_by(|a, b| a.name.cmp(&b.name));
        offers.dedup_by(|a, b| a.name == b.name);
        offers
    }

    fn is_lisp(&self) -> bool {
        self.path.extension().is_some_and(|end| end == "orc")
    }

    fn lisp(&self, file: &SourceFile, offset: usize) -> Option<About> {
        let (start, end) = word_at(&file.text, offset)?;
        let word = &file.text[start..end];
        let text = match lisp::builtin(word) {
            Some(form) => format!("```lisp\n{}\n```\n{}", form.shape, form.about),
            // A name may be written with the module it is from.
            None => {
                let bare = word.rsplit(['/', '.', ':']).next().unwrap_or(word);
                let items = self.items();
                let mut all = items.iter();
                page(all.find(|item| item.name == word || item.name == bare)?)
            }
        };
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Some(About {
            range: self.encoding.range(file, number(start), number(end)),
            text,
        })
    }

    /// What the document defines and imports.
    fn items(&self) -> Vec<ItemDoc> {
        let loader = Overlay {
            disk: OsLoader::new(self.workspace),
            documents: self.documents,
        };
        let inside = self.path.strip_prefix(self.workspace).unwrap_or(self.path);
        let Some(name) = inside.to_str() else {
            return Vec::new();
        };
        let folder = inside.parent().unwrap_or(Path::new(""));
        let options = Options {
            project: Project::discover(&loader as &dyn Loader, folder).project,
            ..Options::default()
        };
        lisp::in_reach(name, &options, &loader)
    }
}

/// The signature of a definition, what it does besides giving a value, and
/// what its author says of it.
fn page(item: &ItemDoc) -> String {
    let mut text = format!("```lisp\n{}\n```\n", item.signature);
    if !item.effects.is_empty() {
        text.push_str(&format!("Effects: `{}`\n", item.effects.join(" ")));
    }
    if let Some(doc) = &item.doc {
        text.push_str(&format!("\n{doc}\n"));
    }
    text
}

/// The symbol around an offset, in bytes.
fn word_at(text: &str, offset: usize) -> Option<(usize, usize)> {
    let is_inside = |c: char| !c.is_whitespace() && !"()[]\";'`,".contains(c);
    let before = text.get(..offset)?;
    let start = before.rfind(|c| !is_inside(c)).map_or(0, |at| {
        at + before[at..].chars().next().map_or(1, char::len_utf8)
    });
    let rest = text.get(offset..)?;
    let end = offset + rest.find(|c| !is_inside(c)).unwrap_or(rest.len());
    (start < end).then_some((start, end))
}

/// The key at an offset, and the keys on the way to it.
fn key_at(root: &Node, offset: usize) -> Option<(Span, Vec<String>)> {
    let contains = |span: Span| (span.start as usize..=span.end as usize).contains(&offset);
    let mut path = Vec::new();
    let mut open: Vec<(&Node, usize)> = vec![(root, 0)];
    while let Some((node, depth)) = open.pop() {
        for item in node.as_sequence().unwrap_or_default() {
            open.push((item, depth));
        }
        for entry in node
            .as_mapping()
            .map_or(&[][..], |mapping| mapping.entries())
        {
            if contains(entry.key.span) {
                path.truncate(depth);
                path.push(entry.key.text.clone());
                return Some((entry.key.span, path));
            }
            if contains(entry.value.span) {
                path.truncate(depth);
                path.push(entry.key.text.clone());
                open = vec![(&entry.value, depth + 1)];
                break;
            }
        }
    }
    None
}

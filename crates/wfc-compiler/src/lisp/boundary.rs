//! Flat names. A program whose inputs and outputs are single values names the
//! parts of a record `order__id`, `order__lines`; what it gives as a whole is
//! `return__…`. Workflow Lisp has the record.

use indexmap::IndexMap;
use wfc_ir::{Expr as Ir, Type, VARIANT_KEY};

/// Between the names of a record and of its fields.
const BETWEEN: &str = "__";

/// What an output is called that is part of the value as a whole.
const WHOLE: &str = "return";

/// How deep records nest in names: nobody writes more by hand.
const MAX_DEPTH: usize = 16;

/// A value, made of what has a name of its own.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// The value that has this name.
    Leaf(String, Type),
    Record(Vec<(String, Part)>),
    /// A union: the name of its tag, the tags, and the fields, which each of
    /// its variants has.
    Union(String, Vec<String>, Vec<(String, Part)>),
}

/// The values that inputs of these names are part of, in order.
pub(super) fn params<'t>(inputs: impl Iterator<Item = (&'t str, &'t Type)>) -> Vec<(String, Part)> {
    let all: Vec<(&str, &str, &Type)> = inputs.map(|(name, ty)| (name, name, ty)).collect();
    nest(&all, MAX_DEPTH)
}

/// The value of a program that gives something of this type.
pub(super) fn result(ty: &Type) -> Option<Part> {
    let Type::Record { fields } = ty else {
        return None;
    };
    let fields = fields.iter().map(|field| (field.name.as_str(), &field.ty));
    let mut all = params(fields);
    Some(match all.as_mut_slice() {
        [(name, Part::Record(fields))] if name == WHOLE => choice(std::mem::take(fields)),
        [(name, leaf)] if name == WHOLE => leaf.clone(),
        _ => Part::Record(all),
    })
}

/// A union if one of the fields says which variant it is.
fn choice(mut fields: Vec<(String, Part)>) -> Part {
    let tag = fields.iter().position(|(name, part)| {
        name == VARIANT_KEY && matches!(part, Part::Leaf(_, Type::Enum { .. }))
    });
    match tag.map(|at| fields.remove(at)) {
        Some((_, Part::Leaf(name, Type::Enum { allowed }))) => Part::Union(name, allowed, fields),
        _ => Part::Record(fields),
    }
}

/// Groups names by what is before the first separator. `all` has what is left
/// of each name, and the name.
fn nest(all: &[(&str, &str, &Type)], depth: usize) -> Vec<(String, Part)> {
    let mut groups: IndexMap<&str, Vec<(&str, &str, &Type)>> = IndexMap::new();
    for (left, name, ty) in all {
        let split = left.split_once(BETWEEN);
        let split = split.filter(|(first, rest)| !first.is_empty() && !rest.is_empty());
        let (first, rest) = split.filter(|_| depth > 0).unwrap_or((left, ""));
        groups.entry(first).or_default().push((rest, name, ty));
    }
    let mut made = Vec::new();
    for (first, members) in groups {
        let leaf = |name: &str, ty: &Type| Part::Leaf(name.to_owned(), ty.clone());
        match members.as_slice() {
            [("", name, ty)] => made.push((first.to_owned(), leaf(name, ty))),
            // A name that is the beginning of another is no record.
            _ if members.iter().any(|(rest, _, _)| rest.is_empty()) => {
                made.extend(members.iter().map(|(rest, name, ty)| {
                    let own = match rest.is_empty() {
                        true => first.to_owned(),
                        false => format!("{first}{BETWEEN}{rest}"),
                    };
                    (own, leaf(name, ty))
                }));
            }
            _ => made.push((first.to_owned(), Part::Record(nest(&members, depth - 1)))),
        }
    }
    made
}

impl Part {
    /// Calls `visit` on each name that the value is made of.
    pub(super) fn each_name<'p>(&'p self, visit: &mut dyn FnMut(&'p str)) {
        match self {
            Part::Leaf(name, _) => visit(name),
            Part::Record(fields) => fields.iter().for_each(|(_, part)| part.each_name(visit)),
            Part::Union(name, _, fields) => {
                visit(name);
                fields.iter().for_each(|(_, part)| part.each_name(visit));
            }
        }
    }

    /// Takes a value apart: calls `give` with each name and what belongs there.
    pub(super) fn take(&self, value: Ir, give: &mut dyn FnMut(&str, Ir)) {
        match self {
            Part::Leaf(name, _) => give(name, value),
            Part::Record(fields) | Part::Union(_, _, fields) => {
                for (field, part) in fields {
                    part.take(value.clone().get(field), give);
                }
            }
        }
    }

    /// Puts a value together of those that `base` has by their names.
    pub(super) fn made(&self, base: &Ir) -> Ir {
        let made = |fields: &[(String, Part)]| -> IndexMap<String, Ir> {
            let fields = fields.iter();
            fields
                .map(|(field, part)| (field.clone(), part.made(base)))
                .collect()
        };
        match self {
            Part::Leaf(name, _) => base.clone().get(name),
            Part::Record(fields) => Ir::Record {
                fields: made(fields),
            },
            Part::Union(name, tags, fields) => Ir::Match {
                subject: Box::new(base.clone().get(name)),
                arms: tags
                    .iter()
                    .map(|tag| {
                        let variant = Ir::Variant {
                            tag: tag.clone(),
                            fields: made(fields),
                        };
                        (tag.clone(), variant)
                    })
                    .collect(),
                default: None,
            },
        }
    }
}

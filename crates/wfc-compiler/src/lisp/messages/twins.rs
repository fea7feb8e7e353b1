//! Two types of one name: where each comes from, and what differs.

use wfc_diag::Diagnostic;

use crate::lisp::types::{Field, Ty, TypeId, TypeKind, Types};

/// The definitions in which two types differ that are written the same.
fn twins(types: &Types, have: &Ty, want: &Ty) -> Option<(TypeId, TypeId)> {
    match (have, want) {
        (Ty::Named(a) | Ty::Case(a, _), Ty::Named(b) | Ty::Case(b, _)) => {
            let same_name = types.def(*a).name.text == types.def(*b).name.text;
            (a != b && same_name && !types.fits(have, want)).then_some((*a, *b))
        }
        (Ty::List(a), Ty::List(b))
        | (Ty::Map(a), Ty::Map(b))
        | (Ty::Optional(a), Ty::Optional(b)) => twins(types, a, b),
        (Ty::Ref(a), Ty::Ref(b)) => {
            // What is given is what the parameter has to fit.
            let params = a.params.iter().zip(&b.params);
            let mut pairs = params.map(|(a, b)| (&b.ty, &a.ty));
            pairs
                .find_map(|(have, want)| twins(types, have, want))
                .or_else(|| twins(types, &a.ret, &b.ret))
        }
        _ => None,
    }
}

/// Says of two types with the same name that they are two.
pub(super) fn tell_apart(
    diagnostic: Diagnostic,
    types: &Types,
    have: &Ty,
    want: &Ty,
) -> Diagnostic {
    let Some((have, want)) = twins(types, have, want) else {
        return diagnostic;
    };
    let (mine, other) = (types.def(have), types.def(want));
    let name = &mine.name.text;
    let diagnostic = diagnostic
        .also(mine.name.span, format!("the `{name}` that is given"))
        .also(other.name.span, format!("the `{name}` that is expected"))
        .note(format!(
            "two types are called `{name}`; types are told apart by where they are defined"
        ));
    match difference(types, have, want) {
        Some(difference) => diagnostic.note(difference),
        None => diagnostic
            .help("they hold the same: define it in one module, and import it in the other"),
    }
}

/// The first thing that the given type and the expected one have different.
fn difference(types: &Types, have: TypeId, want: TypeId) -> Option<String> {
    match (&types.def(have).kind, &types.def(want).kind) {
        (TypeKind::Record(mine), TypeKind::Record(other)) => of_fields(types, mine, other, ""),
        (TypeKind::Union(mine), TypeKind::Union(other)) => {
            let tag = |all: &[crate::lisp::types::Variant], name: &str| {
                all.iter().position(|each| each.name.text == name)
            };
            for each in mine {
                let name = &each.name.text;
                let Some(at) = tag(other, name) else {
                    return Some(format!("only the given one has the variant `{name}`"));
                };
                let within = format!("`{name}`: ");
                let found = of_fields(types, &each.fields, &other[at].fields, &within);
                if found.is_some() {
                    return found;
                }
            }
            let more = other
                .iter()
                .find(|each| tag(mine, &each.name.text).is_none())?;
            Some(format!(
                "only the expected one has the variant `{}`",
                more.name.text
            ))
        }
        (TypeKind::Enum(mine), TypeKind::Enum(other)) => {
            let lacks = |all: &[crate::lisp::defs::Name], word: &str| {
                !all.iter().any(|each| each.text == word)
            };
            if let Some(word) = mine.iter().find(|word| lacks(other, &word.text)) {
                return Some(format!("only the given one has the member `{}`", word.text));
            }
            let word = other.iter().find(|word| lacks(mine, &word.text))?;
            Some(format!(
                "only the expected one has the member `{}`",
                word.text
            ))
        }
        (
            TypeKind::Path { under, must_exist },
            TypeKind::Path {
                under: root,
                must_exist: there,
            },
        ) => {
            let side = |under: &Option<String>, there: bool| {
                let root = under.as_deref().unwrap_or("the workspace");
                let there = if there {
                    "must exist"
                } else {
                    "need not exist"
                };
                format!("is under `{root}` and {there}")
            };
            Some(format!(
                "the given one {}, the expected one {}",
                side(under, *must_exist),
                side(root, *there)
            ))
        }
        (mine, other) if std::mem::discriminant(mine) != std::mem::discriminant(other) => {
            Some(format!(
                "the given one is {}, the expected one {}",
                super::modules::kind_name(mine),
                super::modules::kind_name(other)
            ))
        }
        _ => None,
    }
}

fn of_fields(types: &Types, mine: &[Field], other: &[Field], within: &str) -> Option<String> {
    let named = |all: &[Field], name: &str| all.iter().position(|each| each.name.text == name);
    for field in mine {
        let name = &field.name.text;
        let Some(at) = named(other, name) else {
            return Some(format!("{within}only the given one has the field `{name}`"));
        };
        let ty = &other[at].ty;
        if !types.fits(&field.ty, ty) {
            let (have, want) = (types.show(&field.ty), types.show(ty));
            return Some(match have == want {
                true => format!("{within}the field `{name}` is another `{want}`"),
                false => format!(
                    "{within}the field `{name}` is `{have}` in the given one, and `{want}` in the expected one"
                ),
            });
        }
    }
    let more = other
        .iter()
        .find(|field| named(mine, &field.name.text).is_none())?;
    Some(format!(
        "{within}only the expected one has the field `{}`",
        more.name.text
    ))
}

//! Which values no arm takes, and which arms take none.
//!
//! The arms are the rows of a matrix; its first column is split by the cases
//! that it speaks of, and what is left is looked at in turn.

use wfc_ir::Value;

use super::facts::{Of, count};
use super::patterns::{cases_of, names_of};
use crate::lisp::hir::Pat;
use crate::lisp::types::{Ty, Types};

/// How many splits are made before it is given up, and how many missing
/// values are listed.
const FUEL: usize = 20_000;
const LISTED: usize = 12;

/// What a pattern demands, without names.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    Any,
    /// A case by its number, with what its parts must be.
    Case(usize, Vec<Form>),
    /// A value of which there are too many to count.
    Const(Value),
    Or(Vec<Form>),
}

impl Form {
    /// Does it take all values of the cases that it speaks of?
    pub(super) fn takes_whole_cases(&self) -> bool {
        match self {
            Form::Any => true,
            Form::Case(_, parts) => parts.iter().all(|part| *part == Form::Any),
            Form::Or(all) => all.iter().all(Form::takes_whole_cases),
            Form::Const(_) => false,
        }
    }
}

/// A value that is not covered, as a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Left {
    Any,
    Case(usize, Vec<Left>),
}

/// The search for what is left.
pub(super) struct Cover<'t> {
    types: &'t Types,
    fuel: usize,
}

/// A row of the matrix, and the types of its columns.
type Row = Vec<Form>;

impl<'t> Cover<'t> {
    pub(super) fn new(types: &'t Types) -> Self {
        Cover { types, fuel: FUEL }
    }

    /// What a pattern demands of a value of type `ty`.
    pub(super) fn form(&self, pat: &Pat, ty: &Ty) -> Form {
        match pat {
            Pat::Any | Pat::Error => Form::Any,
            Pat::Bind(_, inner) | Pat::Meant(inner) => self.form(inner, ty),
            Pat::None => Form::Case(0, Vec::new()),
            Pat::Some(inner) => match ty {
                Ty::Optional(item) => Form::Case(1, vec![self.form(inner, item)]),
                _ => Form::Any,
            },
            Pat::Or(all) => Form::Or(all.iter().map(|each| self.form(each, ty)).collect()),
            Pat::Const(Value::Bool(flag)) => Form::Case(usize::from(*flag), Vec::new()),
            Pat::Const(value) => match cases_of(self.types, ty) {
                Some(of) => match names_of(self.types, of)
                    .iter()
                    .position(|name| value.as_str() == Some(name))
                {
                    Some(index) => Form::Case(index, Vec::new()),
                    None => Form::Any,
                },
                None => Form::Const(value.clone()),
            },
            Pat::Case(tag, fields) => match ty {
                Ty::Named(id) | Ty::Case(id, _) => {
                    let index = self.types.tag(*id, tag).unwrap_or_default();
                    Form::Case(index, self.fields(fields, ty, index))
                }
                _ => Form::Any,
            },
            Pat::Record(fields) => Form::Case(0, self.fields(fields, ty, 0)),
        }
    }

    fn fields(&self, fields: &[(String, Pat)], ty: &Ty, case: usize) -> Vec<Form> {
        let declared = self.parts(ty, case);
        let names = self.part_names(ty, case);
        let parts = declared.iter().zip(names).map(|(ty, name)| {
            let given = fields.iter().find(|(field, _)| *field == name);
            given.map_or(Form::Any, |(_, pat)| self.form(pat, ty))
        });
        parts.collect()
    }

    /// How many cases the type has; nothing when they cannot be counted.
    fn cases(&self, ty: &Ty) -> Option<usize> {
        match (cases_of(self.types, ty), ty) {
            (Some(of), _) => Some(count(self.types, of)),
            (None, Ty::Named(id)) if self.types.fields(*id).is_some() => Some(1),
            _ => None,
        }
    }

    /// The types of the parts of a case.
    fn parts(&self, ty: &Ty, case: usize) -> Vec<Ty> {
        let fields = match (ty, cases_of(self.types, ty)) {
            (Ty::Optional(item), _) if case == 1 => return vec![(**item).clone()],
            (_, Some(Of::Union(id))) => self.types.fields_of(id, Some(case)),
            (Ty::Named(id), None) => self.types.fields_of(*id, None),
            _ => &[],
        };
        fields.iter().map(|field| field.ty.clone()).collect()
    }

    /// The names of the parts of a case.
    pub(super) fn part_names(&self, ty: &Ty, case: usize) -> Vec<String> {
        let fields = match (ty, cases_of(self.types, ty)) {
            (_, Some(Of::Union(id))) => self.types.fields_of(id, Some(case)),
            (Ty::Named(id), None) => self.types.fields_of(*id, None),
            _ => &[],
        };
        fields.iter().map(|field| field.name.text.clone()).collect()
    }

    /// The values of type `ty` that no row takes, a few of them.
    pub(super) fn missing(&mut self, rows: &[Form], ty: &Ty) -> Vec<Left> {
        let rows: Vec<Row> = rows.iter().map(|form| vec![form.clone()]).collect();
        let left = self.left(&rows, std::slice::from_ref(ty));
        left.into_iter().flatten().collect()
    }

    /// Does `form` take a value that none of `rows` takes?
    pub(super) fn is_useful(&mut self, rows: &[Form], form: &Form, ty: &Ty) -> bool {
        let rows: Vec<Row> = rows.iter().map(|form| vec![form.clone()]).collect();
        self.useful(&rows, vec![form.clone()], std::slice::from_ref(ty))
    }

    /// Was the search ended before it was done?
    pub(super) fn gave_up(&self) -> bool {
        self.fuel == 0
    }

    /// A value as a message names it.
    pub(super) fn show(&self, left: &Left, ty: &Ty) -> String {
        match left {
            Left::Any => "_".to_owned(),
            Left::Case(case, parts) => {
                let whole = parts.iter().all(|part| *part == Left::Any);
                match self.case_name(ty, *case) {
                    Some(name) if whole => name,
                    _ => self.pattern(left, ty),
                }
            }
        }
    }

    /// The pattern of an arm for a value.
    pub(super) fn arm(&self, left: &Left, ty: &Ty) -> String {
        match (left, self.show(left, ty)) {
            (Left::Case(case, parts), name) if !name.starts_with('(') && !parts.is_empty() => {
                match self.case_name(ty, *case) {
                    Some(_) => format!("({name} it)"),
                    None => name,
                }
            }
            (_, name) => name,
        }
    }

    fn pattern(&self, left: &Left, ty: &Ty) -> String {
        let Left::Case(case, parts) = left else {
            return "_".to_owned();
        };
        let types = self.parts(ty, *case);
        if let Ty::Optional(_) = ty {
            return match (parts.first(), types.first()) {
                (Some(part), Some(ty)) => format!("(some {})", self.pattern(part, ty)),
                _ => "none".to_owned(),
            };
        }
        let mut text = match self.case_name(ty, *case) {
            Some(name) if parts.is_empty() => return name,
            Some(name) => name,
            None => "record".to_owned(),
        };
        let names = self.part_names(ty, *case);
        for ((part, ty), name) in parts.iter().zip(&types).zip(names) {
            if *part != Left::Any {
                text.push_str(&format!(" :{name} {}", self.pattern(part, ty)));
            }
        }
        format!("({text})")
    }

    /// What a case is called, if it has a name.
    fn case_name(&self, ty: &Ty, case: usize) -> Option<String> {
        match cases_of(self.types, ty)? {
            Of::Bool => Some((case == 1).to_string()),
            Of::Optional => (case == 0).then(|| "none".to_owned()),
            of => names_of(self.types, of).get(case).cloned(),
        }
    }

    fn left(&mut self, rows: &[Row], types: &[Ty]) -> Vec<Vec<Left>> {
        let Some((first, rest)) = types.split_first() else {
            return match rows {
                [] => vec![Vec::new()],
                _ => Vec::new(),
            };
        };
        if self.fuel == 0 {
            return Vec::new();
        }
        self.fuel -= 1;
        let mut found = Vec::new();
        let spoken = spoken_of(rows);
        let all = self.cases(first);
        if let Some(all) = all.filter(|_| spoken.iter().any(|s| matches!(s, Form::Case(..)))) {
            for case in 0..all {
                let parts = self.parts(first, case);
                let inner: Vec<Row> = rows
                    .iter()
                    .flat_map(|row| split_case(row, case, parts.len()))
                    .collect();
                let types: Vec<Ty> = parts.iter().chain(rest).cloned().collect();
                for mut values in self.left(&inner, &types) {
                    let rest = values.split_off(parts.len());
                    found.push(
                        std::iter::once(Left::Case(case, values))
                            .chain(rest)
                            .collect(),
                    );
                    if found.len() >= LISTED {
                        return found;
                    }
                }
            }
            return found;
        }
        // Of a value that cannot be counted there is always another one.
        let others: Vec<Row> = rows.iter().flat_map(without).collect();
        for values in self.left(&others, rest) {
            found.push(std::iter::once(Left::Any).chain(values).collect());
        }
        for constant in spoken {
            let rows: Vec<Row> = rows
                .iter()
                .flat_map(|row| split_const(row, &constant))
                .collect();
            if found.is_empty() {
                for values in self.left(&rows, rest) {
                    found.push(std::iter::once(Left::Any).chain(values).collect());
                }
            }
        }
        found
    }

    fn useful(&mut self, rows: &[Row], row: Row, types: &[Ty]) -> bool {
        let Some((first, rest)) = types.split_first() else {
            return rows.is_empty();
        };
        if self.fuel == 0 {
            return true;
        }
        self.fuel -= 1;
        match &row[0] {
            Form::Or(all) => all.iter().any(|form| {
                let row = std::iter::once(form).chain(&row[1..]).cloned().collect();
                self.useful(rows, row, types)
            }),
            Form::Case(case, parts) => {
                let inner: Vec<Row> = rows
                    .iter()
                    .flat_map(|row| split_case(row, *case, parts.len()))
                    .collect();
                let row = parts.iter().chain(&row[1..]).cloned().collect();
                let types: Vec<Ty> = self
                    .parts(first, *case)
                    .iter()
                    .chain(rest)
                    .cloned()
                    .collect();
                self.useful(&inner, row, &types)
            }
            constant @ Form::Const(_) => {
                let inner: Vec<Row> = rows
                    .iter()
                    .flat_map(|row| split_const(row, constant))
                    .collect();
                self.useful(&inner, row[1..].to_vec(), rest)
            }
            Form::Any => {
                let spoken = spoken_of(rows);
                if let Some(all) = self.cases(first).filter(|_| !spoken.is_empty()) {
                    return (0..all).any(|case| {
                        let parts = self.parts(first, case);
                        let any = vec![Form::Any; parts.len()];
                        let inner: Vec<Row> = rows
                            .iter()
                            .flat_map(|row| split_case(row, case, parts.len()))
                            .collect();
                        let row = any.iter().chain(&row[1..]).cloned().collect();
                        let types: Vec<Ty> = parts.iter().chain(rest).cloned().collect();
                        self.useful(&inner, row, &types)
                    });
                }
                let others: Vec<Row> = rows.iter().flat_map(without).collect();
                self.useful(&others, row[1..].to_vec(), rest)
            }
        }
    }
}

/// The cases and constants that the first column speaks of.
fn spoken_of(rows: &[Row]) -> Vec<Form> {
    fn collect(form: &Form, found: &mut Vec<Form>) {
        match form {
            Form::Any => {}
            Form::Or(all) => all.iter().for_each(|form| collect(form, found)),
            Form::Case(case, _) => found.push(Form::Case(*case, Vec::new())),
            Form::Const(_) => found.push(form.clone()),
        }
    }
    let mut found = Vec::new();
    rows.iter()
        .filter_map(|row| row.first())
        .for_each(|form| collect(form, &mut found));
    found.dedup();
    found
}

/// The rows in which the first form is one without alternatives.
fn plain(row: &Row) -> Vec<Row> {
    match row.split_first() {
        Some((Form::Or(all), rest)) => all
            .iter()
            .flat_map(|form| plain(&std::iter::once(form).chain(rest).cloned().collect()))
            .collect(),
        _ => vec![row.clone()],
    }
}

/// What a row asks of the parts when the value is of a case.
fn split_case(row: &Row, case: usize, parts: usize) -> Vec<Row> {
    let take = |row: Row| match row.split_first() {
        Some((Form::Any, rest)) => {
            let any = vec![Form::Any; parts];
            Some(any.iter().chain(rest).cloned().collect())
        }
        Some((Form::Case(own, inner), rest)) if *own == case => {
            Some(inner.iter().chain(rest).cloned().collect())
        }
        _ => None,
    };
    plain(row).into_iter().filter_map(take).collect()
}

/// What a row asks of the rest when the value is a constant.
fn split_const(row: &Row, constant: &Form) -> Vec<Row> {
    let take = |row: Row| match row.split_first() {
        Some((first, rest)) if *first == Form::Any || first == constant => Some(rest.to_vec()),
        _ => None,
    };
    plain(row).into_iter().filter_map(take).collect()
}

/// What a row asks of the rest when the value is none that is spoken of.
fn without(row: &Row) -> Vec<Row> {
    let take = |row: Row| match row.split_first() {
        Some((Form::Any, rest)) => Some(rest.to_vec()),
        _ => None,
    };
    plain(row).into_iter().filter_map(take).collect()
}

//! Values that become artifacts, snapshots, and variants that are chosen or
//! needed.

use wfc_ir::{
    Expr, MaterialSource, Materialized, Requires, Select, Snapshot, StepField, Type, Value,
};

use super::Lowering;
use crate::yaml::hir::{self, From, Path, Source};

impl Lowering<'_> {
    pub(super) fn materialized(
        &self,
        step: &hir::Step,
        values: &[hir::Material],
        scope: usize,
    ) -> Vec<Materialized> {
        let types = self.index.narrowed.get(&step.ix);
        let types = types.map_or(&[][..], Vec::as_slice);
        let types = types.iter().chain(std::iter::repeat(&None));
        values
            .iter()
            .zip(types)
            .map(|(value, ty)| {
                let ty = ty.clone().unwrap_or(Type::Json);
                Materialized {
                    name: value.name.value.clone(),
                    source: self.source(&value.source, &ty, scope),
                    ty,
                    pointer: value
                        .pointer
                        .as_ref()
                        .map(|(text, _)| self.text(text, scope)),
                    ensure_parent: value.ensure_parent.is_some(),
                    content: None,
                }
            })
            .collect()
    }

    fn source(&self, source: &Source, ty: &Type, scope: usize) -> MaterialSource {
        MaterialSource::Value(match source {
            Source::Input(name) => Expr::Input {
                name: name.value.clone(),
            },
            Source::Ref(reference) => self.reference(reference, scope),
            Source::Literal(value) => match (ty, value.value.as_f64()) {
                // A float looks the same in texts however it was written.
                (Type::Float, Some(number)) => Expr::lit(number),
                _ => Expr::lit(value.value.clone()),
            },
            Source::NowNs => return MaterialSource::NowNs,
            Source::Unknown => Expr::lit(Value::Null),
        })
    }

    pub(super) fn snapshot(&self, snapshot: &hir::PreSnapshot, scope: usize) -> Snapshot {
        Snapshot {
            name: snapshot.name.value.clone(),
            candidates: snapshot
                .candidates
                .iter()
                .map(|(word, path)| (word.value.clone(), self.reference(path, scope)))
                .collect(),
            max_bytes: snapshot.max_bytes,
        }
    }

    pub(super) fn select(&self, select: &hir::Select, scope: usize) -> Select {
        let evidence = select.evidence.as_ref().and_then(|reference| {
            let Path::Step { from, rest } = &reference.path else {
                return None;
            };
            let (ix, read) = self.index.find(scope, *from, rest).ok()?;
            let name = read.strip_prefix("snapshots.")?.to_owned();
            Some(Expr::Step {
                step: self.id(ix),
                field: StepField::Snapshot { name },
            })
        });
        Select {
            evidence: evidence.unwrap_or(Expr::lit(Value::Null)),
            contract: self.variants(&select.contract, scope),
            extract: select.extract.clone(),
        }
    }

    pub(super) fn requires(
        &self,
        requires: &hir::RequiresVariant,
        scope: usize,
    ) -> Option<Requires> {
        let name = &requires.step.value;
        let (ix, _) = self.index.find(scope, From::Around, name).ok()?;
        let contract = self.index.step(ix)?.step.variants()?;
        Some(Requires {
            subject: Expr::artifact_of(self.id(ix), &contract.discriminant.name.value),
            tag: requires.variant.value.clone(),
        })
    }
}

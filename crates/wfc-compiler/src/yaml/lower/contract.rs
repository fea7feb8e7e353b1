//! Output contracts.

use wfc_ir::{Contract, ContractField, FileOutput};

use super::{Lowering, declared};
use crate::yaml::hir;

impl Lowering<'_> {
    pub(super) fn contract(&self, contract: &hir::Contract, scope: usize) -> Contract {
        match contract {
            hir::Contract::Files(files) => Contract::Files {
                files: files
                    .iter()
                    .map(|file| FileOutput {
                        name: file.name.value.clone(),
                        path: self.text(&file.path, scope),
                        ty: declared(&file.declared),
                        required: file.required,
                        guidance: file.guidance.clone(),
                    })
                    .collect(),
            },
            hir::Contract::Bundle { path, fields } => Contract::Bundle {
                path: Some(self.text(path, scope)),
                fields: fields.iter().map(field).collect(),
            },
            hir::Contract::Variant {
                path,
                discriminant,
                shared,
                variants,
            } => Contract::Variant {
                path: Some(self.text(path, scope)),
                discriminant: field(discriminant),
                shared: shared.iter().map(field).collect(),
                variants: variants
                    .iter()
                    .map(|(variant, fields)| {
                        let fields = fields.iter().map(field).collect();
                        (variant.value.clone(), fields)
                    })
                    .collect(),
            },
        }
    }
}

fn field(field: &hir::BundleField) -> ContractField {
    ContractField {
        name: field.name.value.clone(),
        pointer: field.pointer.value.clone(),
        ty: declared(&field.declared),
        required: field.required,
        guidance: field.guidance.clone(),
    }
}

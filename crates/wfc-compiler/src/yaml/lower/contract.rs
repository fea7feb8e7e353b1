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
            hir::Contract::Variant(contract) => self.variants(contract, scope),
        }
    }

    pub(super) fn variants(&self, contract: &hir::VariantContract, scope: usize) -> Contract {
        let pointers = |variant: &hir::Variant| {
            let all = variant.forbidden.iter();
            all.map(|pointer| pointer.value.clone()).collect::<Vec<_>>()
        };
        let forbids = contract.variants.iter().filter(|v| !v.forbidden.is_empty());
        Contract::Variant {
            path: Some(self.text(&contract.path, scope)),
            discriminant: field(&contract.discriminant),
            shared: contract.shared.iter().map(field).collect(),
            variants: contract
                .variants
                .iter()
                .map(|variant| {
                    let fields = variant.fields.iter().map(field).collect();
                    (variant.name.value.clone(), fields)
                })
                .collect(),
            forbidden: forbids
                .map(|variant| (variant.name.value.clone(), pointers(variant)))
                .collect(),
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

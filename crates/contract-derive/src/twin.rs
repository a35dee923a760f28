//! A copy of the type in its wire form.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    Data, DataEnum, DeriveInput, Error, Field, Fields, GenericArgument, Lifetime, PathArguments,
    Result, Type, parse_quote,
};

use crate::attributes::{self, SchemaArguments};

/// The twin with `schemars`' derive, and the type's schema, which is the twin's.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let words = attributes::words(&input.attrs)?;
    let (name, twin) = (&input.ident, format_ident!("Twin"));
    let is_choice = matches!(&input.data, Data::Enum(data) if data.variants.iter().all(|v| v.fields.is_empty()));
    let shown = words.name.clone().unwrap_or_else(|| {
        let name = name.to_string();
        name.strip_suffix("Body").unwrap_or(&name).to_owned()
    });
    let body = match &input.data {
        Data::Struct(data) => {
            let fields = fields(&data.fields)?;
            quote!(struct #twin #fields)
        }
        Data::Enum(data) => {
            let variants = variants(data)?;
            quote!(enum #twin { #variants })
        }
        Data::Union(_) => return Err(Error::new_spanned(name, "expected a struct or an enum")),
    };
    let (kept, rest) = (attributes::kept(&input.attrs)?, &words.rest);
    // Clients may rely on the named members; a choice of few words needs no name of its own.
    let is_closed =
        !words.is_open && !is_choice && !attributes::has_serde(&input.attrs, "deny_unknown_fields");
    let closed = is_closed.then(|| quote!(#[serde(deny_unknown_fields)]));
    let inline = is_choice.then(|| quote!(#[schemars(inline)]));
    let of = if input.generics.params.is_empty() { quote!(#name) } else { quote!(#name<'_>) };
    let list = words.list.as_ref().map(
        |list| quote!(#[automatically_derived] impl ::contract::ListItem for #of { const LIST: &'static str = #list; }),
    );
    Ok(quote! {
        #list
        #[cfg(not(target_family = "wasm"))]
        const _: () = {
            #[allow(unused_imports, reason = "most types name neither")]
            use ::contract::{DateTime, Uuid};
            #[allow(dead_code, reason = "only its schema is read")]
            #[derive(::contract::schemars::JsonSchema)]
            #[schemars(crate = "::contract::schemars", rename = #shown)]
            #(#kept)* #closed #inline #(#[schemars(#rest)])*
            #body

            #[automatically_derived]
            impl ::contract::schemars::JsonSchema for #of {
                fn schema_name() -> ::std::borrow::Cow<'static, str> {
                    <#twin as ::contract::schemars::JsonSchema>::schema_name()
                }
                fn schema_id() -> ::std::borrow::Cow<'static, str> {
                    ::std::borrow::Cow::Borrowed(concat!(module_path!(), "::", stringify!(#name)))
                }
                fn inline_schema() -> bool {
                    <#twin as ::contract::schemars::JsonSchema>::inline_schema()
                }
                fn json_schema(
                    generator: &mut ::contract::schemars::SchemaGenerator,
                ) -> ::contract::schemars::Schema {
                    <#twin as ::contract::schemars::JsonSchema>::json_schema(generator)
                }
            }
        };
    })
}

fn variants(data: &DataEnum) -> Result<TokenStream> {
    let mut out = TokenStream::new();
    for variant in &data.variants {
        let (name, kept) = (&variant.ident, attributes::kept(&variant.attrs)?);
        let SchemaArguments { rest, .. } = attributes::words(&variant.attrs)?;
        let fields = match &variant.fields {
            Fields::Unit => TokenStream::new(),
            some => fields(some)?,
        };
        out.extend(quote!(#(#kept)* #(#[schemars(#rest)])* #name #fields,));
    }
    Ok(out)
}

fn fields(fields: &Fields) -> Result<TokenStream> {
    let Fields::Named(fields) = fields else {
        return Err(Error::new_spanned(fields, "expected members with names"));
    };
    let fields = fields.named.iter().map(field).collect::<Result<Vec<_>>>()?;
    Ok(quote!({ #(#fields),* }))
}

fn field(field: &Field) -> Result<TokenStream> {
    let (name, kept) = (&field.ident, attributes::kept(&field.attrs)?);
    let SchemaArguments { replacement, rest, .. } = attributes::words(&field.attrs)?;
    let mut of = wire_type(&field.ty, replacement.as_ref());
    // A member that is omitted instead of null is never null.
    if attributes::has_serde(&field.attrs, "skip_serializing_if")
        && let Some(inner) = argument(&of, "Option")
    {
        of = inner.clone();
    }
    Ok(quote!(#(#kept)* #(#[schemars(#rest)])* #name: #of))
}

/// The only argument of a generic type of this name.
fn argument<'a>(of: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = of else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) => Some(inner),
        _ => None,
    }
}

/// A field's type without borrows; its innermost type (the last argument of the last argument) is
/// replaced.
fn wire_type(of: &Type, replacement: Option<&Type>) -> Type {
    let mut of = match of {
        Type::Reference(reference) => return wire_type(&reference.elem, replacement),
        Type::Path(path) => path.clone(),
        other => return replacement.unwrap_or(other).clone(),
    };
    let Some(last) = of.path.segments.last_mut() else { return Type::Path(of) };
    if let PathArguments::AngleBracketed(arguments) = &mut last.arguments {
        for argument in &mut arguments.args {
            if let GenericArgument::Lifetime(lifetime) = argument {
                *lifetime = Lifetime::new("'static", lifetime.span());
            }
        }
        if let Some(GenericArgument::Type(inner)) = arguments.args.last_mut() {
            *inner = wire_type(inner, replacement);
            return Type::Path(of);
        }
    }
    match (replacement, last.ident.to_string().as_str()) {
        (Some(replacement), _) => replacement.clone(),
        (None, "str") => parse_quote!(::std::string::String),
        (None, "Timestamp") => parse_quote!(DateTime),
        (None, _) => Type::Path(of),
    }
}

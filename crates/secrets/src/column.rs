//! The list of columns that hold sealed texts, for `rotate`.

/// A column with sealed texts, and the statements that iterate over it.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// `table.column`: the argument of `seal` and `open`.
    pub name: &'static str,
    #[doc(hidden)]
    pub scan: &'static str,
    #[doc(hidden)]
    pub replace: &'static str,
}

/// A [`Column`] from the names of table and column: `column!("providers", "key_sealed")`.
#[macro_export]
macro_rules! column {
    ($table:literal, $column:literal) => {
        $crate::Column {
            name: concat!($table, ".", $column),
            scan: $crate::scan_sql!($table, $column),
            replace: $crate::replace_sql!($table, $column),
        }
    };
}

/// All columns that hold sealed texts.
pub const ALL: &[Column] = &[
    column!("federations", "client_secret_sealed"),
    column!("sessions", "oidc_id_token_sealed"),
    column!("websites", "credential_sealed"),
    column!("model_providers", "credential_sealed"),
];

//! The products that conversations can be brought along from (crate `imports`).

/// The product that wrote a conversation or a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ImportSource {
    /// ChatGPT, by its data export.
    ChatGpt,
    /// Open WebUI, by its export of chats.
    OpenWebUi,
    /// LibreChat, by its export of a conversation.
    LibreChat,
    /// An installation of this product, by its export of a conversation.
    Tessera,
}

impl ImportSource {
    /// Every source.
    pub const ALL: &'static [Self] =
        &[Self::ChatGpt, Self::OpenWebUi, Self::LibreChat, Self::Tessera];

    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ChatGpt => "chatgpt",
            Self::OpenWebUi => "open_webui",
            Self::LibreChat => "librechat",
            Self::Tessera => "tessera",
        }
    }

    /// The name of the product.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ChatGpt => "ChatGPT",
            Self::OpenWebUi => "Open WebUI",
            Self::LibreChat => "LibreChat",
            Self::Tessera => "Tessera",
        }
    }

    /// Parses [`ImportSource::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|source| source.as_str() == text)
    }
}

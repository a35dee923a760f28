//! Signs that Word writes as places in a font of signs.

/// The sign as a character, where it says something.
pub(super) fn of(font: Option<&str>, code: Option<&str>) -> Option<&'static str> {
    let code = u32::from_str_radix(code?, 16).ok()? & 0xff;
    let font = font.unwrap_or_default().to_lowercase();
    Some(match (font.as_str(), code) {
        ("wingdings", 0x6f | 0x71 | 0x72 | 0xa8) => "☐",
        ("wingdings", 0xfe) | ("wingdings 2", 0x52) => "☑",
        ("wingdings", 0xfd | 0x78) | ("wingdings 2", 0x53 | 0x54) => "☒",
        ("wingdings", 0xfc) | ("wingdings 2", 0x50) => "✓",
        ("wingdings", 0xfb) | ("wingdings 2", 0x4f) => "✗",
        ("wingdings", 0xe0 | 0xf0) => "→",
        ("wingdings", 0x28) => "☎",
        ("wingdings", 0x2a | 0x2b) => "✉",
        ("wingdings", 0x6c | 0x9f | 0xa7) => "•",
        ("symbol", 0x61) => "α",
        ("symbol", 0x62) => "β",
        ("symbol", 0x67) => "γ",
        ("symbol", 0x64) => "δ",
        ("symbol", 0x44) => "Δ",
        ("symbol", 0x6c) => "λ",
        ("symbol", 0x6d) => "µ",
        ("symbol", 0x70) => "π",
        ("symbol", 0x73) => "σ",
        ("symbol", 0x53) => "Σ",
        ("symbol", 0x57) => "Ω",
        ("symbol", 0xa3) => "≤",
        ("symbol", 0xb3) => "≥",
        ("symbol", 0xb1) => "±",
        ("symbol", 0xb4) => "×",
        ("symbol", 0xb8) => "÷",
        ("symbol", 0xb9) => "≠",
        ("symbol", 0xbb) => "≈",
        ("symbol", 0xb0) => "°",
        ("symbol", 0xae) => "→",
        ("symbol", 0xb7) => "•",
        _ => return None,
    })
}

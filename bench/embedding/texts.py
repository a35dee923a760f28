"""Texts that are hard for a tokenizer, and ordinary ones in many scripts, for the tests of the crate `embedding`."""

import unicodedata

SENTENCES = [
    "Hur mycket kostar gästlägenheten per natt i juli?",
    "Ansök minst sex veckor före inflyttning; styrelsen svarar inom fem veckor.",
    "Bygglovsavgiften för en inglasad altan är 4 500 kronor.",
    "Årsmötet hålls i föreningslokalen på Åsögatan den 3 maj.",
    "The roof of the Granary was renewed in 2019.",
    "Who may sublet a flat, and for how long?",
    "Leieboeren må si opp skriftlig med tre måneders varsel.",
    "Lejeren skal sørge for, at trappen er ryddet for cykler og barnevogne.",
    "Taloyhtiön hallitus päättää korjauksista vuosittain.",
    "Húsið var málað síðastliðið sumar og þakið lagað.",
    "Die Fußgängerbrücke wird wegen Überschwemmung gesperrt.",
    "Le café naïf où l’élève a reçu un prix s’appelle « Noël ».",
    "¿Cuánto cuesta la habitación de huéspedes por noche?",
    "A reunião começa às nove horas e não será gravada.",
    "Perché la città è più bella di sera?",
    "Zażółć gęślą jaźń, proszę państwa.",
    "Příliš žluťoučký kůň úpěl ďábelské ódy.",
    "Árvíztűrő tükörfúrógép a padláson.",
    "Îți mulțumesc pentru știrea de ieri.",
    "Kiracı, sözleşmeyi İstanbul’da ışıklı bir odada imzaladı.",
    "Tiền thuê nhà được trả vào ngày đầu tháng, không muộn hơn.",
    "Õhtul jõudis küla juurde väsinud rändur.",
    "Žmonės gyveno prie ežero šimtą metų.",
    "Привет, мир! Как дела у вашей ёлки?",
    "Орендна плата сплачується щомісяця їхнім банком.",
    "Къщата до реката беше построена през 1912 година.",
    "Το ενοίκιο πληρώνεται την πρώτη του μήνα, άνευ εξαιρέσεων.",
    "يجب دفع الإيجار في اليوم الأول من كل شهر.",
    "مُحَمَّدٌ يَكْتُبُ الدَّرْسَ",
    "اجاره باید در روز اول ماه پرداخت شود و می‌توانید آنلاین بپردازید.",
    "יש לשלם את שכר הדירה בראשון לכל חודש.",
    "שָׁלוֹם עֲלֵיכֶם",
    "किराया हर महीने की पहली तारीख को देना होगा।",
    "ভাড়া প্রতি মাসের প্রথম দিনে দিতে হবে।",
    "வாடகை ஒவ்வொரு மாதமும் முதல் நாளில் செலுத்தப்பட வேண்டும்.",
    "అద్దె ప్రతి నెల మొదటి రోజున చెల్లించాలి.",
    "ค่าเช่าต้องชำระในวันแรกของทุกเดือนที่กรุงเทพมหานคร",
    "ເຮືອນຢູ່ໃກ້ແມ່ນ້ຳ",
    "အိမ်ငှားခကို လစဉ် ပထမရက်တွင် ပေးရမည်။",
    "ផ្ទះជួលត្រូវបង់ប្រាក់រាល់ខែ",
    "東京は日本の首都です。家賃は毎月一日に払います。",
    "カタカナとひらがなを混ぜたﾃｷｽﾄです",
    "租金应在每月的第一天支付,不得迟延。",
    "房租須於每月首日繳付。",
    "한국어 문장도 있습니다. 임대료는 매월 초에 냅니다.",
    "ბინის ქირა იხდება თვის პირველ დღეს.",
    "Վարձը վճարվում է ամսվա առաջին օրը։",
    "የቤት ኪራይ በወሩ የመጀመሪያ ቀን ይከፈላል።",
    "Kodi inalipwa siku ya kwanza ya kila mwezi.",
    "Fixen mat Ëmlaut a Œuvre, encyclopædia, ĳsbeer, ŉ.",
]

HARD = [
    "", " ", "  \t\n ", "x", ".", "▁", "▁▁ x▁y", "<s>", "</s> <mask> <pad> <unk>", "query: passage: ", "...!!!???", "\u00a0\u2003x\u3000y\u200b",
    "tab\tnew\nline\r\nand\u00a0nbsp\u200bzero\u0000nul\ufffd", "zero\u200bwidth\u200cnon\u200djoiner\u2060word\ufeffmark", "soft\u00adhyphen co\u00adop",
    "left\u200eto\u200fright \u202aembedded\u202c \u2066isolate\u2069", "\u0001\u0007\u001bcontrol\u007f\u0085next\u008f", "ﬁne ﬂow aﬃnity oﬀer ﬆop ﬅrong",
    "Ⅷ ⅻ ① ⓐ ㊤ ㍿ ㎏ ㏂ ½ ¼ ² ₃ ™ ℃ № ℡ ﷺ", "ＦＵＬＬ　ｗｉｄｔｈ　１２３！？＠", "ﾊﾟﾋﾟﾌﾟ ﾀﾞﾃﾞ ｶﾞｷﾞ", "𝐁𝐨𝐥𝐝 𝒾𝓉𝒶𝓁𝒾𝒸 𝔣𝔯𝔞𝔨𝔱𝔲𝔯 𝟙𝟚𝟛", "ÅÄÖ åäö Ünïcödé İstanbul ıI ſs ẞß",
    "A\u030a a\u030a E\u0301 e\u0323\u0302 e\u0302\u0323 ü\u0304 u\u0308\u0304 q\u0301", "\u0301alone ¨ ´ ` ^ ˜ x\u0308\u0308", "ｅ\u0301 Å \u212b\u0301 Ω µ", "क\u093c ड\u093c क़ ड़", "\u1100\u1161\u11a8 \u1112\u1161\u11ab\u1100\u1173\u11af \u3131\u314f",
    "😀 emoji 👍🏽 mixed 👨‍👩‍👧‍👦 🇸🇪 ❤️ ☎︎ 1️⃣", "🫠🫶 𐍈𐌰 𓀀𓁐 ꙮ 𒀀𒀁", "\U0010fffd\ue000private", "日本語English混合texte", "한국어English섞기", "ไทยEnglishไทย",
    "https://example.org/a?b=c&d=%20 user@example.org", 'fn main() { println!("{}", 1 + 2); }', "-2,150; 1 234,50 kr; 12:45; 2024-03-01; §5 a; 50 %",
    "SELECT * FROM t WHERE a='b' -- x", "{\"key\": [1, 2.5e-3, null]}", "C:\\Users\\å\\fil.txt ../../etc/passwd", "|a|b|\n|---|---|\n|1|2|", "# Rubrik\n\n* punkt ett\n* punkt två", "“quotes” ‘more’ „tief“ «guil» —–‒- …",
    "a" * 200, "ab" * 150, "å" * 90, "漢" * 70, "😀" * 40, "0123456789" * 25, "-" * 120, "=" * 64 + " " + "_" * 64, "pneumonoultramicroscopicsilicovolcanoconiosis",
    "realisationsvinstbeskattningsförordningen", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", "nordvästersjökustartilleriflygspaningssimulatoranläggningsmaterielunderhållsuppföljningssystem",
    "zzzzqxjkvbwpfgz " * 6, "𐀀𐀁𐀂 x 𐀃", "x𐀀𐀁y𐀂", "a \u0336s\u0336t\u0336r\u0336i\u0336k\u0336e", "Z\u0351\u036bA\u0334\u0321L\u0355G\u0327\u0301O\u0334\u033e", "\u202emoor eht",
    "ﻣﺮﺣﺒﺎ ﷲ ﻻ", "اَلْعَرَبِيَّةُ", "ᚠᚢᚦᚨᚱᚲ ᠮᠣᠩᠭᠣᠯ ꦧꦱ ⲁⲃⲅ", "1st 2nd 3º 4ª", "dont don't don’t DON'T", "CamelCase snake_case kebab-case SCREAMING_SNAKE", "e.g. i.e. t.ex. bl.a. d.v.s.", "Ö ö Ö̈ Öl", "I\u0307 i\u0307 ì̇",
]


def texts():
    """Each sentence as it is, in other forms of Unicode, in capitals, spaced and joined; then the hard ones."""
    full = lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    made = []
    for number, text in enumerate(SENTENCES):
        words = text.split(" ")
        made += [text, unicodedata.normalize("NFD", text), text.upper(), "".join(words)]
        made.append([full(text), unicodedata.normalize("NFKD", text), "  ".join(words) + " \n", "\u200b".join(words)][number % 4])
        made.append([" ".join(text), "\u00ad".join(words), text.title(), text + "\u0301"][number % 4])
    return made + HARD

//! JSON values as exports have them: what has another shape than expected counts as missing, so
//! that one strange member does not end an import.

use std::{fmt, marker::PhantomData, rc::Rc};

use serde::de::{
    Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
    value::MapAccessDeserializer,
};

/// Methods of a visitor that read away what it does not want.
macro_rules! ignored {
    ($($kind:ident)*) => { $(ignored!(@ $kind);)* };
    (@ scalars) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
    };
    (@ null) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
    };
    (@ list) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }
    };
}

macro_rules! anything {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }
    };
}

/// A text, number or truth value, as text; of an object its member `value`.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Text(pub(super) Option<String>);

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;
    anything!();
    ignored!(null list);

    fn visit_bool<E>(self, flag: bool) -> Result<Text, E> {
        Ok(Text(Some(flag.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Text, E> {
        Ok(Text(Some(number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Text, E> {
        Ok(Text(Some(number.to_string())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Text, E> {
        Ok(Text(Some(number.to_string())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(Some(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Text, E> {
        Ok(Text(Some(text)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
        let mut found = Text(None);
        while let Some(Text(key)) = map.next_key()? {
            if key.as_deref() == Some("value") {
                found = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TextVisitor)
    }
}

/// The texts of a list; the first of them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Texts(pub(super) Vec<String>);

/// The most texts of a list.
const TEXTS: usize = 100;

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;
    anything!();
    ignored!(scalars null);

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
        let mut found = Vec::new();
        while let Some(Text(text)) = list.next_element()? {
            found.extend(text.filter(|_| found.len() < TEXTS));
        }
        Ok(Texts(found))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Texts::default())
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TextsVisitor)
    }
}

/// The most characters of an id.
const ID_CHARS: usize = 200;

/// An id, which messages share with those below them; one that is too long counts as missing.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Id(pub(super) Option<Rc<str>>);

impl Id {
    pub(super) fn of(text: Option<&str>) -> Self {
        let is_short = |text: &&str| text.chars().nth(ID_CHARS).is_none();
        Self(text.filter(is_short).map(Rc::from))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self::of(Text::deserialize(from)?.0.as_deref()))
    }
}

/// An object.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Object<T>(pub(super) Option<Box<T>>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;
    anything!();
    ignored!(scalars null list);

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|found| Object(Some(Box::new(found))))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ObjectVisitor(PhantomData))
    }
}

/// The objects of a list, or of an object with their keys.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Objects<T>(pub(super) Option<Vec<(Id, T)>>);

impl<T> Default for Objects<T> {
    fn default() -> Self {
        Self(None)
    }
}

struct ObjectsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectsVisitor<T> {
    type Value = Objects<T>;
    anything!();
    ignored!(scalars null);

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Objects<T>, A::Error> {
        let mut found = Vec::new();
        while let Some(Object(one)) = list.next_element::<Object<T>>()? {
            found.extend(one.map(|one| (Id(None), *one)));
        }
        Ok(Objects(Some(found)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Objects<T>, A::Error> {
        let mut found = Vec::new();
        while let Some((key, Object(one))) = map.next_entry::<Id, Object<T>>()? {
            found.extend(one.map(|one| (key, *one)));
        }
        Ok(Objects(Some(found)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Objects<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ObjectsVisitor(PhantomData))
    }
}

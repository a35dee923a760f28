//! The models that a process serves, by their names.

use std::sync::Arc;

use crate::spec::MULTILINGUAL_E5_SMALL;
use crate::{Embedder, Generator};

/// Loaded embedding models. Clones share them.
#[derive(Clone)]
pub struct Models {
    /// The one that the built-in answerer compares sentences with.
    answerer: Embedder,
    all: Arc<[Embedder]>,
    generator: Option<Arc<Generator>>,
}

impl From<Embedder> for Models {
    fn from(model: Embedder) -> Self {
        Self { answerer: model.clone(), all: Arc::new([model]), generator: None }
    }
}

impl Models {
    /// These and one more. The answerer takes multilingual-e5-small if that is among them: it reads
    /// sources and questions in more languages.
    #[must_use]
    pub fn and(self, model: Embedder) -> Self {
        let answerer =
            if model.spec() == &MULTILINGUAL_E5_SMALL { model.clone() } else { self.answerer };
        let all = self.all.iter().cloned().chain([model]).collect();
        Self { answerer, all, ..self }
    }

    /// These and a language model.
    #[must_use]
    pub fn with_generator(self, generator: Generator) -> Self {
        Self { generator: Some(Arc::new(generator)), ..self }
    }

    /// The model of this name.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Embedder> {
        self.all.iter().find(|model| model.spec().id == id)
    }

    /// The names of the embedding models.
    pub fn ids(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.all.iter().map(|model| model.spec().id)
    }

    pub(crate) fn generator(&self) -> Option<&Generator> {
        self.generator.as_deref()
    }

    pub(crate) fn answerer(&self) -> &Embedder {
        &self.answerer
    }
}

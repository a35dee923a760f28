//! The built-in models as their callers see them. Needs the models' files in the folders that
//! `TESSERA_MODEL_DIR` and `TESSERA_MULTILINGUAL_MODEL_DIR` name.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod broken;
#[cfg(test)]
mod e5;
#[cfg(test)]
mod generator;
#[cfg(test)]
mod lanes;
#[cfg(test)]
mod model;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod wire;

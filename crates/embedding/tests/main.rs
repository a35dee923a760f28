//! The built-in models as their callers see them. Needs the model's files in the folder that `TESSERA_MODEL_DIR` names.

#[cfg(test)]
mod answers;
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

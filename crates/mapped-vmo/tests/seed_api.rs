// SPDX-License-Identifier: MIT OR Apache-2.0
//! The seed's API, signature by signature: what compiles here compiled there.
#![allow(clippy::type_complexity, reason = "signatures, written out")]

use core::fmt::Debug;
use core::ops::{Deref, DerefMut};

use mapped_vmo::zx::{Status, VmarFlags, Vmo};
use mapped_vmo::{
    ImmutableMapping, ImmutableMappingError, Mapping, SharedBuffer, TruncatedImmutableMapping,
    TruncatedImmutableMappingError,
};

const _: fn(usize) -> Result<(Mapping, Vmo), Status> = Mapping::allocate;
const _: fn(usize, &str) -> Result<(Mapping, Vmo), Status> = Mapping::allocate_with_name;
const _: fn(&Vmo, usize, VmarFlags) -> Result<Mapping, Status> = Mapping::create_from_vmo;
const _: fn(&Mapping) -> usize = Mapping::len;
const _: fn(&Mapping) -> &SharedBuffer = Mapping::deref;
const _: fn(&mut Mapping) -> &mut SharedBuffer = Mapping::deref_mut;

const _: fn(&Vmo, bool) -> Result<ImmutableMapping, ImmutableMappingError> =
    ImmutableMapping::create_from_vmo;
const _: fn(&ImmutableMapping) -> &[u8] = ImmutableMapping::deref;
const _: fn(
    &Vmo,
    bool,
    usize,
) -> Result<TruncatedImmutableMapping, TruncatedImmutableMappingError> =
    TruncatedImmutableMapping::create_from_vmo;
const _: fn(&TruncatedImmutableMapping) -> &[u8] = TruncatedImmutableMapping::deref;

const fn auto_traits<T: Send + Sync + Debug + Unpin>() {}
const _: () = auto_traits::<Mapping>();
const _: () = auto_traits::<ImmutableMapping>();
const _: () = auto_traits::<TruncatedImmutableMapping>();

const fn error<T: core::error::Error + Send + Sync + 'static>() {}
const _: () = error::<ImmutableMappingError>();
const _: () = error::<TruncatedImmutableMappingError>();

#[test]
fn the_errors_have_the_seeds_variants() {
    let immutable = |error| match error {
        ImmutableMappingError::GetVmoSize(Status::BAD_HANDLE) => 1,
        ImmutableMappingError::GetVmoSize(_) => 2,
        ImmutableMappingError::VmoSizeAsIsize { source: _, size: _ } => 3,
        ImmutableMappingError::CreateChildVmo(_) => 4,
        ImmutableMappingError::VmoSizeAsUsize { source: _, size: _ } => 5,
        ImmutableMappingError::MapChildVmo(_) => 6,
        ImmutableMappingError::VmarMapReturnedNull => 7,
    };
    assert_eq!(
        immutable(ImmutableMappingError::GetVmoSize(Status::BAD_HANDLE)),
        1
    );
    let truncated: TruncatedImmutableMappingError =
        ImmutableMappingError::VmarMapReturnedNull.into();
    let kind = match truncated {
        TruncatedImmutableMappingError::CreateImmutableMapping(error) => immutable(error),
        TruncatedImmutableMappingError::VmoSmallerThanLen {
            vmo_len: _,
            truncated_len: _,
        } => 8,
    };
    assert_eq!(kind, 7);
}

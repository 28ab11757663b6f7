//! AADSTS.

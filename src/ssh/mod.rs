//! The SSH wire: identification strings, packets and KEXINIT as pure parsers and writers, and the edges that
//! carry them over sockets.

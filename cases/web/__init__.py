"""The screens. A view reads input, calls an operation and redirects; it never decides."""

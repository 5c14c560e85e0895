// The rules and machines of the engine; see style guide in CONTRIBUTING.md.

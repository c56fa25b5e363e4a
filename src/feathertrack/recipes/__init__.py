"""One function per published experiment, which returns its full configuration."""

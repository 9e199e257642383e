"""How Midwatch runs: settings, servers, sign-in, health. No rule of the domain stands here."""

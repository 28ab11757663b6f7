//! Everything that a key can ask for: one closed enum that feeds keymap, key line, help and dispatch.

/// What the person asks for. The key for it stands in `keymap.rs`, what it does in `app`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// The choice before, or the left pane.
    Left,
    /// The choice after, or the right pane.
    Right,
    /// Half a page up.
    HalfPageUp,
    /// Half a page down.
    HalfPageDown,
    /// The first row.
    First,
    /// The last row.
    Last,
    /// Open what is chosen; save a form.
    Open,
    /// Back, or close.
    Back,
    /// The next field.
    NextField,
    /// The field before.
    PreviousField,
    /// Tab 1.
    ShowConnections,
    /// Tab 2.
    ShowPermissions,
    /// Tab 3.
    ShowTokens,
    /// Tab 4.
    ShowActivity,
    /// The tab to the left.
    PreviousTab,
    /// The tab to the right.
    NextTab,
    /// Begin a sign-in, or go on with the open one.
    Authorize,
    /// Ask an administrator of the tenant to consent.
    AdminConsent,
    /// Focus the field for the browser's address.
    Paste,
    /// Sign in by device code instead of a browser here.
    DeviceCode,
    /// Renew the chosen connection now.
    Renew,
    /// Renew all that are due.
    RenewAll,
    /// Go on with a record that was put back from a backup.
    AcceptRestored,
    /// A new connection.
    New,
    /// A new connection like the chosen one.
    NewLike,
    /// Edit the chosen connection.
    Edit,
    /// Replace the client secret of the chosen connection's app registration.
    ReplaceSecret,
    /// Remove the chosen connection.
    Remove,
    /// Tick a permission, step through a choice.
    Toggle,
    /// Enter a scope by name.
    AddScope,
    /// Choose a preset of permissions.
    Presets,
    /// Copy the chosen value, or send the address again.
    Copy,
    /// Hand over the fields of a consumer's form.
    HandOver,
    /// Export the values in a format.
    Export,
    /// Show the chosen value for ten seconds.
    Reveal,
    /// Ask Graph whether the token works.
    Probe,
    /// Filter the list.
    Filter,
    /// Show only what needs the person.
    NeedsMe,
    /// Another order.
    Sort,
    /// The next ninety days, and back to the list.
    Forecast,
    /// Go to what the line of warnings is about.
    ShowWarning,
    /// Another theme.
    Theme,
    /// Hide values and ask for the passphrase.
    Lock,
    /// Other ways to get an address or a value out.
    OtherWays,
    /// Open the address in a browser.
    OpenBrowser,
    /// Print the address on a page without frame.
    PrintPlainly,
    /// Write the address into a file.
    WriteFile,
    /// Through a tunnel, and back to pasting.
    Tunnel,
    /// Abandon the sign-in under way.
    Abandon,
    /// All keys.
    Help,
    /// Close a panel, then quit.
    Quit,
    /// Clear a field, then quit.
    Interrupt,
}

/// Where a key is pressed: decides which actions are on offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// No vault yet.
    FirstRun,
    /// A passphrase is asked for.
    Door,
    /// Tab 1.
    Connections,
    /// Tab 2.
    Permissions,
    /// Tab 3.
    Tokens,
    /// Tab 4.
    Activity,
    /// The sign-in panel.
    SignIn,
    /// The panel of a sign-in by device code.
    DeviceSignIn,
    /// The panel with the other ways to get the address.
    OtherWays,
    /// The panel for admin consent.
    Consent,
    /// The form for a connection.
    InputPane,
    /// The hand-over panel.
    HandOver,
    /// The panel in which a client secret is replaced.
    SecretReplacement,
    /// The panel with the presets.
    Presets,
    /// The panel of a probe.
    Probe,
    /// The export panel.
    Export,
    /// A question with yes and no, or a name to type.
    Question,
    /// The help page.
    Help,
    /// The page without frame.
    PlainPage,
    /// A one-line field is being typed into (filter, scope).
    Line,
}

impl Action {
    /// Every action, in the order of the help page.
    pub const ALL: [Self; 54] = [
        Self::Up,
        Self::Down,
        Self::Left,
        Self::Right,
        Self::HalfPageUp,
        Self::HalfPageDown,
        Self::First,
        Self::Last,
        Self::Open,
        Self::Back,
        Self::NextField,
        Self::PreviousField,
        Self::ShowConnections,
        Self::ShowPermissions,
        Self::ShowTokens,
        Self::ShowActivity,
        Self::PreviousTab,
        Self::NextTab,
        Self::Authorize,
        Self::AdminConsent,
        Self::Paste,
        Self::DeviceCode,
        Self::Renew,
        Self::RenewAll,
        Self::AcceptRestored,
        Self::New,
        Self::NewLike,
        Self::Edit,
        Self::ReplaceSecret,
        Self::Remove,
        Self::Toggle,
        Self::AddScope,
        Self::Presets,
        Self::Copy,
        Self::HandOver,
        Self::Export,
        Self::Reveal,
        Self::Probe,
        Self::Filter,
        Self::NeedsMe,
        Self::Sort,
        Self::Forecast,
        Self::ShowWarning,
        Self::Theme,
        Self::Lock,
        Self::OtherWays,
        Self::OpenBrowser,
        Self::PrintPlainly,
        Self::WriteFile,
        Self::Tunnel,
        Self::Abandon,
        Self::Help,
        Self::Quit,
        Self::Interrupt,
    ];

    /// The name in the configuration file.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// The few words of the key line.
    pub fn label(self) -> &'static str {
        self.row().1
    }

    /// The line of the help page.
    pub fn help(self) -> &'static str {
        self.row().2
    }

    #[rustfmt::skip]
    fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Up => ("up", "up", "one row up"),
            Self::Down => ("down", "down", "one row down"),
            Self::Left => ("left", "before", "the choice before"),
            Self::Right => ("right", "after", "the choice after"),
            Self::HalfPageUp => ("half-page-up", "half up", "half a page up"),
            Self::HalfPageDown => ("half-page-down", "half down", "half a page down"),
            Self::First => ("first", "first", "the first row"),
            Self::Last => ("last", "last", "the last row"),
            Self::Open => ("open", "open", "open what is chosen; save a form"),
            Self::Back => ("back", "back", "back, or close"),
            Self::NextField => ("next-field", "next field", "the next field"),
            Self::PreviousField => ("previous-field", "field before", "the field before"),
            Self::ShowConnections => ("connections", "connections", "the Connections tab"),
            Self::ShowPermissions => ("permissions", "permissions", "the Permissions tab"),
            Self::ShowTokens => ("tokens", "tokens", "the Tokens tab"),
            Self::ShowActivity => ("activity", "activity", "the Activity tab"),
            Self::PreviousTab => ("previous-tab", "tab before", "the tab before"),
            Self::NextTab => ("next-tab", "next tab", "the next tab"),
            Self::Authorize => ("authorize", "sign in", "sign in: begin, or go on with the open sign-in"),
            Self::AdminConsent => ("admin-consent", "admin consent", "ask an administrator of the tenant to consent"),
            Self::Paste => ("paste", "paste", "paste the address that the browser ended on"),
            Self::DeviceCode => ("device-code", "device code", "sign in by a code that is entered on another device (asks first)"),
            Self::Renew => ("renew", "renew", "renew the tokens of this connection now"),
            Self::RenewAll => ("renew-all", "renew all due", "renew all connections that are due (asks first)"),
            Self::AcceptRestored => ("accept-restored", "accept", "go on with a record that was put back from a backup (asks first)"),
            Self::New => ("new", "new", "a new connection"),
            Self::NewLike => ("new-like", "new like this", "a new connection with the settings of this one"),
            Self::Edit => ("edit", "edit", "edit or rename this connection"),
            Self::ReplaceSecret => ("replace-secret", "replace secret", "replace the client secret, proven on real renewals first"),
            Self::Remove => ("remove", "remove", "remove this connection (asks for its name)"),
            Self::Toggle => ("toggle", "tick", "tick or untick"),
            Self::AddScope => ("add-scope", "enter a scope", "enter a scope by its name"),
            Self::Presets => ("presets", "presets", "choose a preset of permissions"),
            Self::Copy => ("copy", "copy", "send the chosen value to your terminal's clipboard"),
            Self::HandOver => ("hand-over", "hand over", "hand over the fields of a consumer's form, one key press each"),
            Self::Export => ("export", "export", "export the values in a format: a look first, then a file or the clipboard"),
            Self::Reveal => ("reveal", "reveal 10 s", "show the chosen value for ten seconds"),
            Self::Probe => ("test", "test", "ask Graph what this connection's token opens: mailbox, calendar, contacts"),
            Self::Filter => ("filter", "filter", "filter or search the list; then n and N move"),
            Self::NeedsMe => ("needs-me", "needs me", "only what needs you, one after the other"),
            Self::Sort => ("sort", "sort", "order by lapse, name or mailbox"),
            Self::Forecast => ("forecast", "forecast", "what ends in the next ninety days, and back to the list"),
            Self::ShowWarning => ("show-warning", "show warning", "go to the connection that the line of warnings names; Esc puts that away"),
            Self::Theme => ("theme", "theme", "the next theme"),
            Self::Lock => ("lock", "lock", "hide everything until the passphrase is typed"),
            Self::OtherWays => ("other-ways", "other ways", "other ways to get the address or value out"),
            Self::OpenBrowser => ("open-browser", "browser", "open the address in a browser on this machine"),
            Self::PrintPlainly => ("print-plainly", "print plainly", "print the address on a page without frame"),
            Self::WriteFile => ("write-file", "write a file", "write the address into a file that only you can read"),
            Self::Tunnel => ("tunnel", "tunnel", "in a sign-in: through an SSH tunnel, no copying; again: by pasting"),
            Self::Abandon => ("abandon", "give up", "give up the sign-in under way, or the new secret"),
            Self::Help => ("help", "help", "all keys"),
            Self::Quit => ("quit", "quit", "close a panel, then quit"),
            Self::Interrupt => ("interrupt", "clear", "clear a field, then quit"),
        }
    }
}

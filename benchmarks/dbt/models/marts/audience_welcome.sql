{{ audience("lifecycle = 'new'") }}

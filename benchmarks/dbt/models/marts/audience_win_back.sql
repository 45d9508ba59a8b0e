{{ audience("lifecycle in ('at_risk', 'dormant')") }}

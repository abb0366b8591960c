"""What is taken out of the study: trained networks, and the forms they are used in."""

"""What one notebook alone needs: a folder a notebook."""
